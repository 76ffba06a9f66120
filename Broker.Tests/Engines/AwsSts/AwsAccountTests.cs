using Amazon.Runtime;
using SecretsBroker.Engines.AwsSts;

namespace SecretsBroker.Tests.Engines.AwsSts;

/// <summary>How the broker's own key is looked for, where that takes its time.</summary>
internal sealed class AwsAccountTests
{
    private static readonly AWSCredentials _key = new BasicAWSCredentials("AKIA", "k");

    [Test]
    public async Task Nobody_waits_longer_for_the_key_than_they_have_time()
    {
        using var gate = new ManualResetEventSlim();
        using var isLooking = new SemaphoreSlim(0);
        var account = new AwsAccount(() =>
        {
            // As the SDK does: its caller's thread stays with it.
            isLooking.Release();
            gate.Wait();
            return Task.FromResult(_key);
        });
        using var first = new CancellationTokenSource();
        var waiting = account.GetAsync(first.Token);
        await isLooking.WaitAsync();

        await first.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => waiting);
        using var second = new CancellationTokenSource();
        var next = account.GetAsync(second.Token);
        await second.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => next);

        gate.Set();
        Assert.That(await account.GetAsync(CancellationToken.None), Is.SameAs(_key));
    }

    [Test]
    public async Task Search_that_failed_or_was_given_up_is_begun_anew_and_what_was_found_is_kept()
    {
        var answers = new Queue<Task<AWSCredentials>>(
        [
            Task.FromException<AWSCredentials>(new AmazonClientException("not there yet")),
            Task.FromCanceled<AWSCredentials>(new CancellationToken(canceled: true)),
            Task.FromResult(_key),
        ]);
        var account = new AwsAccount(answers.Dequeue);

        await Assert.ThrowsAsync<AmazonClientException>(() => account.GetAsync(CancellationToken.None));
        await Assert.ThrowsAsync<TaskCanceledException>(() => account.GetAsync(CancellationToken.None));

        Assert.That(await account.GetAsync(CancellationToken.None), Is.SameAs(_key));
        Assert.That(await account.GetAsync(CancellationToken.None), Is.SameAs(_key));
    }
}
