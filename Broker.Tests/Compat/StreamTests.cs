using Grpc.Core;

namespace SecretsBroker.Tests.Compat;

internal sealed class StreamTests
{
    [Test]
    public async Task Writer_that_knows_no_cancellation_refuses_a_token()
    {
        IAsyncStreamWriter<string> writer = new ListWriter();
        using var cancel = new CancellationTokenSource();

        await writer.WriteAsync("a", CancellationToken.None);

        Assert.That(((ListWriter)writer).Written, Is.EqualTo(new[] { "a" }));
        await Assert.ThatAsync(() => writer.WriteAsync("b", cancel.Token), Throws.TypeOf<NotSupportedException>());
    }

    [Test]
    public async Task Reading_all_hands_the_token_on()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        var reader = new EndlessReader();

        await Assert.ThatAsync(
            async () =>
            {
                await foreach (var _ in reader.ReadAllAsync(cancel.Token))
                    continue;
            },
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await reader.MoveNext(), Is.True);
    }

    private sealed class ListWriter : IAsyncStreamWriter<string>
    {
        public List<string> Written { get; } = [];

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(string message)
        {
            Written.Add(message);
            return Task.CompletedTask;
        }
    }

    private sealed class EndlessReader : IAsyncStreamReader<string>
    {
        public string Current => "x";

        public Task<bool> MoveNext(CancellationToken cancellationToken) => cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<bool>(cancellationToken)
            : Task.FromResult(true);
    }
}
