using Grpc.Core;

namespace SecretsBroker.Tests.Compat;

internal sealed class CallOptionsTests
{
    [Test]
    public void Each_option_is_changed_alone_and_on_a_copy()
    {
        using var cancel = new CancellationTokenSource();
        var headers = new Metadata();
        var writing = new WriteOptions(WriteFlags.NoCompress);
        var credentials = CallCredentials.FromInterceptor((_, _) => Task.CompletedTask);
        var none = new CallOptions();

        var all = none.WithHeaders(headers).WithDeadline(DateTime.UnixEpoch).WithCancellationToken(cancel.Token)
            .WithWriteOptions(writing).WithCredentials(credentials).WithWaitForReady();

        Assert.That(all.Headers, Is.SameAs(headers));
        Assert.That(all.Deadline, Is.EqualTo(DateTime.UnixEpoch));
        Assert.That(all.CancellationToken, Is.EqualTo(cancel.Token));
        Assert.That(all.WriteOptions, Is.SameAs(writing));
        Assert.That(all.Credentials, Is.SameAs(credentials));
        Assert.That(all.IsWaitForReady, Is.True);
        Assert.That(all.WithWaitForReady(false).IsWaitForReady, Is.False);
        Assert.That(none.Headers, Is.Null);
        Assert.That(none.IsWaitForReady, Is.False);
    }

    [Test]
    public void Constructor_takes_them_too()
    {
        var headers = new Metadata();
        var options = new CallOptions(headers, DateTime.UnixEpoch, writeOptions: WriteOptions.Default);

        Assert.That(options.Headers, Is.SameAs(headers));
        Assert.That(options.Deadline, Is.EqualTo(DateTime.UnixEpoch));
        Assert.That(options.WriteOptions!.Flags, Is.EqualTo(default(WriteFlags)));
        Assert.That(options.PropagationToken, Is.Null);
    }

    [Test]
    public void Composing_takes_two_credentials_at_least()
    {
        var one = CallCredentials.FromInterceptor((_, _) => Task.CompletedTask);

        Assert.That(() => CallCredentials.Compose(one), Throws.ArgumentException);
        Assert.That(() => CallCredentials.FromInterceptor(null!), Throws.ArgumentNullException);
    }
}
