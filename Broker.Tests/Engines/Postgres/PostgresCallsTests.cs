using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;

namespace SecretsBroker.Tests.Engines.Postgres;

internal sealed class PostgresCallsTests
{
    [Test]
    public async Task Connection_that_the_driver_gives_up_after_another_calls_cancellation_is_no_failure()
    {
        var attempts = 0;

        var answer = await RunAsync(() => attempts++ == 0 ? throw UnexpectedMessage() : "answer");

        Assert.That((answer, attempts), Is.EqualTo(("answer", 2)));
    }

    [Test]
    public void What_the_driver_does_with_a_new_connection_too_is_a_failure()
    {
        var attempts = 0;

        Assert.That(() => RunAsync(() => attempts++ < 2 ? throw UnexpectedMessage() : "answer"), Throws.Exception.TypeOf<Exception>());
        Assert.That(attempts, Is.EqualTo(2));
    }

    [Test]
    public void Failure_of_the_engine_itself_is_not_repeated()
    {
        var attempts = 0;

        Assert.That(
            () => RunAsync(() => attempts++ == 0 ? throw new EngineException("no", isTransient: true) : "answer"), Throws.InstanceOf<EngineException>());
        Assert.That(attempts, Is.EqualTo(1));
    }

    // As the driver throws it: of no type of its own.
    private static Exception UnexpectedMessage() => Activator.CreateInstance<Exception>();

    private static async Task<string> RunAsync(Func<string> call)
    {
        var target = TestDatabase.Target(TestDatabase.Broker);
        await using var connections = new PostgresConnections(target, PostgresTargetSettings.Read(target, new CatalogFaults()), TimeProvider.System);
        var calls = new PostgresCalls(target, new ServerClock(TimeProvider.System), new RoleFunctions(connections, target.Name, TimeProvider.System, NullLogger.Instance), TimeProvider.System);
        return await calls.RunAsync("testing", _ => Task.FromResult(call()), CancellationToken.None);
    }
}
