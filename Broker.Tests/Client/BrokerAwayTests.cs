using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SecretsBroker.Client;

namespace SecretsBroker.Tests.Client;

/// <summary>An agent must be able to stop while the broker is away.</summary>
[TestFixture]
internal sealed class BrokerAwayTests
{
    // Less than after which the library's pings find that nobody answers, which is another failure.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(6);

    // For a machine with much else to do. Without an end they would wait for ever.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(40);

    [Test]
    public async Task Disposing_while_the_broker_is_down_takes_no_longer_than_a_call_may([Values] bool silent)
    {
        await using var broker = await TestBroker.StartAsync();
        using var client = broker.Connect(adapt: options => options.CallTimeout = CallTimeout);
        var task = await client.StartTaskAsync("be left alone");
        var lease = await task.AcquireAsync("read", "memory/notes");
        await broker.StopAsync();
        // Silent: what a dead machine is behind some balancers; connections are taken, and never answered.
        using var listener = silent ? Listen(broker.Address.Port) : null;

        Assert.That(await TimeAsync(() => lease.DisposeAsync()), Is.LessThan(CallTimeout + Margin));
        Assert.That(await TimeAsync(() => task.DisposeAsync()), Is.LessThan(CallTimeout + Margin));
        Assert.That(task.Ended.IsCancellationRequested);
    }

    [Test]
    public async Task Starting_while_the_broker_is_down_fails_in_time_and_says_that_it_may_work_later([Values] bool silent)
    {
        var port = SecretsBroker.Samples.LocalServers.FreePort.Next();
        using var listener = silent ? Listen(port) : null;
        using var client = new SecretsBrokerClient(new SecretsBrokerOptions
        {
            Address = new Uri($"http://127.0.0.1:{port}"),
            Token = TokenSource.FromCallback(_ => ValueTask.FromResult("any")),
            CallTimeout = CallTimeout,
        });

        var clock = Stopwatch.StartNew();
        var failure = await Assert.ThrowsAsync<SecretsBrokerException>(() => client.StartTaskAsync("begin"));

        Assert.That(clock.Elapsed, Is.LessThan(CallTimeout + Margin));
        Assert.That(failure!.IsRetryable);
        Assert.That(failure.Reason, Is.EqualTo(silent ? "DEADLINE_EXCEEDED" : "UNAVAILABLE"));
    }

    private static TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return listener;
    }

    private static async Task<TimeSpan> TimeAsync(Func<ValueTask> action)
    {
        var clock = Stopwatch.StartNew();
        await action();
        return clock.Elapsed;
    }
}
