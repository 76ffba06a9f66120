using SecretsBroker.CommandLine.Remote;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.CommandLine.Remote;

internal sealed class RemoteBrokerTests
{
    private TestBroker _broker = null!;

    [OneTimeSetUp]
    public async Task Start() => _broker = await TestBroker.StartAsync();

    [OneTimeTearDown]
    public async Task Stop() => await _broker.DisposeAsync();

    [Test]
    public async Task The_token_is_believed()
    {
        using var remote = new RemoteBroker(_broker.Address, _broker.TokenOf(TestBroker.Agent), authority: null);

        var started = await remote.CallAsync(
            (channel, options) => new TaskService.TaskServiceClient(channel).StartTaskAsync(new StartTaskRequest { Purpose = "ask" }, options),
            CancellationToken.None);

        Assert.That(started.Task.Owner, Is.EqualTo(TestBroker.Agent));
    }

    [Test]
    public void What_the_broker_says_is_passed_on() =>
        Assert.That(() => GetTaskAsync(_broker.Address, _broker.TokenOf(TestBroker.Agent)), Refused("no such task"));

    [Test]
    public void A_token_that_is_not_believed_is_not_repeated() =>
        Assert.That(() => GetTaskAsync(_broker.Address, "canary-token"), Throws.TypeOf<RemoteException>().With.Message.Contains("does not accept the token").And.Message.Not.Contains("canary"));

    [Test]
    public void A_broker_that_is_not_there_cannot_be_reached() =>
        Assert.That(() => GetTaskAsync(new Uri($"http://127.0.0.1:{FreePort.Next()}"), "token"), Refused("cannot be reached"));

    [Test]
    public void What_is_no_broker_is_told_apart() =>
        Assert.That(() => GetTaskAsync(_broker.Publications, "token"), Throws.TypeOf<RemoteException>());

    [TestCase("http://broker.example:7443", false)]
    [TestCase("http://10.0.0.1:7443", false)]
    [TestCase("ftp://127.0.0.1:7443", false)]
    [TestCase("https://broker.example:7443", true)]
    [TestCase("http://localhost:7443", true)]
    [TestCase("http://[::1]:7443", true)]
    public void Plain_http_is_for_loopback(string address, bool usable)
    {
        Assert.That(RemoteBroker.IsUsable(new Uri(address)), Is.EqualTo(usable));
        if (!usable)
        {
            Assert.That(() => new RemoteBroker(new Uri(address), "token", authority: null), Throws.TypeOf<RemoteException>());
        }
    }

    [TestCase("", "there is no token")]
    [TestCase(" \n", "there is no token")]
    [TestCase("two tokens", "is not one token")]
    [TestCase("t\u00f6ken", "is not one token")]
    public void What_cannot_be_a_token_is_refused(string content, string fault)
    {
        using var folder = new TemporaryFolder();
        var file = new FileInfo(Path.Combine(folder.Path, "token"));
        File.WriteAllText(file.FullName, content);

        Assert.That(() => RemoteToken.Read(file), Refused(fault));
    }

    [Test]
    public void A_token_is_read_without_the_line_end_behind_it()
    {
        using var folder = new TemporaryFolder();
        var file = new FileInfo(Path.Combine(folder.Path, "token"));
        File.WriteAllText(file.FullName, "a.b.c\n");

        Assert.That(RemoteToken.Read(file), Is.EqualTo("a.b.c"));
    }

    [Test]
    public void A_file_without_a_certificate_is_no_authority()
    {
        using var folder = new TemporaryFolder();
        var file = new FileInfo(Path.Combine(folder.Path, "ca.pem"));
        File.WriteAllText(file.FullName, "nothing");

        Assert.That(() => ServerTrust.In(file), Refused("no certificate in it"));
        Assert.That(() => ServerTrust.In(new FileInfo(file.FullName + ".missing")), Refused("cannot be read"));
    }

    private static NUnit.Framework.Constraints.Constraint Refused(string message) =>
        Throws.TypeOf<RemoteException>().With.Message.Contains(message);

    private static async Task GetTaskAsync(Uri address, string token)
    {
        using var remote = new RemoteBroker(address, token, authority: null);
        await remote.CallAsync(
            (channel, options) => new TaskService.TaskServiceClient(channel).GetTaskAsync(new GetTaskRequest { TaskId = "t" }, options),
            CancellationToken.None);
    }
}
