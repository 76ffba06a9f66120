using SecretsBroker.Client;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Client;

/// <summary>Where proofs of identity come from, and what happens when none comes.</summary>
[TestFixture]
internal sealed class TokenSourceTests
{
    private TestBroker _broker = null!;

    [OneTimeSetUp]
    public async Task Start() => _broker = await TestBroker.StartAsync();

    [OneTimeTearDown]
    public Task Stop() => _broker.DisposeAsync().AsTask();

    [Test]
    public async Task Rotated_file_is_read_again()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(file, "stale\n");
        using var client = _broker.Connect(adapt: options => options.Token = TokenSource.FromFile(file));
        var refused = await Assert.ThrowsAsync<SecretsBrokerException>(() => client.StartTaskAsync("be refused"));
        Assert.That(refused!.Reason, Is.EqualTo("UNAUTHENTICATED"));

        await File.WriteAllTextAsync(file, _broker.TokenOf(TestBroker.Agent) + "\n");

        await using var task = await client.StartTaskAsync("be let in");
        Assert.That(task.Id, Is.Not.Empty);
    }

    [Test]
    public async Task Environment_variable_is_read_at_each_call()
    {
        const string Variable = "SECRETSBROKER_TEST_TOKEN";
        using var client = _broker.Connect(adapt: options => options.Token = TokenSource.FromEnvironment(Variable));
        var refused = await Assert.ThrowsAsync<SecretsBrokerException>(() => client.StartTaskAsync("have none"));
        Assert.That(refused!.Reason, Is.EqualTo("NO_TOKEN"));
        Assert.That(refused.Message, Does.Contain(Variable));
        try
        {
            Environment.SetEnvironmentVariable(Variable, _broker.TokenOf(TestBroker.Agent));
            await using var task = await client.StartTaskAsync("have one");
            Assert.That(task.Id, Is.Not.Empty);
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }
    }

    [Test]
    public async Task Missing_and_empty_files_say_so()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "token");
        var source = TokenSource.FromFile(file);

        var missing = await Assert.ThrowsAsync<SecretsBrokerException>(() => source.GetTokenAsync(default).AsTask());
        await File.WriteAllTextAsync(file, " \n");
        var empty = await Assert.ThrowsAsync<SecretsBrokerException>(() => source.GetTokenAsync(default).AsTask());

        Assert.That(missing!.Message, Does.Contain("cannot be read"));
        Assert.That(empty!.Message, Does.Contain("holds no token"));
    }

    [Test]
    public async Task Callback_that_throws_is_a_failure_of_the_library_with_the_cause_in_it()
    {
        using var client = _broker.Connect(adapt: options =>
            options.Token = TokenSource.FromCallback(_ => throw new HttpRequestException("the identity provider is away")));

        var failure = await Assert.ThrowsAsync<SecretsBrokerException>(() => client.StartTaskAsync("have none"));

        Assert.That(failure!.Reason, Is.EqualTo("NO_TOKEN"));
        Assert.That(failure.InnerException, Is.TypeOf<HttpRequestException>());
    }

    [Test]
    public async Task Callback_that_never_answers_holds_up_a_call_no_longer_than_its_time()
    {
        using var client = _broker.Connect(adapt: options =>
        {
            options.CallTimeout = TimeSpan.FromMilliseconds(300);
            // Does not look at its token either.
            options.Token = TokenSource.FromCallback(_ => new ValueTask<string>(new TaskCompletionSource<string>().Task));
        });

        var failure = await Assert.ThrowsAsync<SecretsBrokerException>(() => client.StartTaskAsync("wait").WaitAsync(TimeSpan.FromMinutes(1)));

        Assert.That((failure!.Reason, failure.IsRetryable), Is.EqualTo(("DEADLINE_EXCEEDED", true)));
    }

    [TestCase("two words")]
    [TestCase("a\nb")]
    [TestCase("")]
    public async Task What_cannot_be_a_token_is_not_sent_and_not_repeated(string token)
    {
        using var client = _broker.Connect(adapt: options => options.Token = TokenSource.FromCallback(_ => ValueTask.FromResult(token)));

        var failure = await Assert.ThrowsAsync<SecretsBrokerException>(() => client.StartTaskAsync("send nonsense"));

        Assert.That(failure!.Reason, Is.EqualTo("NO_TOKEN"));
        Assert.That(token.Length == 0 || !failure.ToString().Contains(token, StringComparison.Ordinal));
    }
}
