using Microsoft.Extensions.Logging;
using Moq;
using SecretsBroker.Hosting;

namespace SecretsBroker.Tests.Hosting;

public sealed class StoreLoggerTests
{
    [Test]
    public void Lines_go_to_the_host_once_it_is_built()
    {
        var first = new Mock<ILogger>();
        var host = new Mock<ILogger>();
        var logger = new StoreLogger(first.Object);

        Write(logger, 1);
        logger.Follow(host.Object);
        Write(logger, 2);

        Assert.That(Written(first), Is.EqualTo(new[] { 1 }));
        Assert.That(Written(host), Is.EqualTo(new[] { 2 }));
    }

    private static void Write(StoreLogger logger, int id) =>
        logger.Log(LogLevel.Warning, new EventId(id), "line", exception: null, (state, _) => state);

    private static int[] Written(Mock<ILogger> logger) =>
        [.. logger.Invocations.Where(call => call.Method.Name == nameof(ILogger.Log)).Select(call => ((EventId)call.Arguments[1]!).Id)];
}
