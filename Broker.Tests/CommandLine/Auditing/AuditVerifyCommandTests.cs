using Grpc.Core;
using Grpc.Net.Client;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.CommandLine.Auditing;

/// <summary>The log that a development broker leaves when it stops, checked by <c>broker audit verify</c>.</summary>
internal sealed class AuditVerifyCommandTests
{
    private DevelopmentBroker _broker = null!;
    private int _exitCode;

    [OneTimeSetUp]
    public async Task LeaveALog()
    {
        _broker = await DevelopmentBroker.StartAsync();
        var token = await _broker.MintAsync("spiffe://dev.local/agent/audited");
        using var channel = GrpcChannel.ForAddress($"http://{_broker.Address}");
        var metadata = new Metadata { { "authorization", $"Bearer {token}" } };
        await new TaskService.TaskServiceClient(channel).StartTaskAsync(new StartTaskRequest { Purpose = "leave a record" }, metadata);
        _exitCode = await _broker.StopAsync();
    }

    [OneTimeTearDown]
    public void Remove() => _broker?.Dispose();

    [Test]
    public void A_terminated_broker_stops_in_order() => Assert.That(_exitCode, Is.Zero, _broker.Output);

    [Test]
    public async Task The_log_holds_to_its_last_record()
    {
        var run = await VerifyAsync(_broker.AuditFolder);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("the chain holds")
            .And.Contains("0 records behind it are not signed yet")
            .And.Match(@"TaskStarted +1\b")
            .And.Match(@"Stopped +1\b"));
    }

    [Test]
    public async Task A_changed_record_is_found()
    {
        using var copy = Copy();
        var file = LogIn(copy.Path);
        var text = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, text.Replace("agent/audited", "agent/another", StringComparison.Ordinal));

        await AssertIsBrokenAsync(copy.Path);
    }

    [Test]
    public async Task A_removed_record_is_found()
    {
        using var copy = Copy();
        var lines = await File.ReadAllLinesAsync(LogIn(copy.Path));
        await File.WriteAllLinesAsync(LogIn(copy.Path), lines.Where(line => !line.Contains("TaskStarted", StringComparison.Ordinal)));

        await AssertIsBrokenAsync(copy.Path);
    }

    [Test]
    public async Task An_end_that_was_cut_off_is_found()
    {
        using var copy = Copy();
        var lines = await File.ReadAllLinesAsync(LogIn(copy.Path));
        await File.WriteAllLinesAsync(LogIn(copy.Path), lines[..^2]);

        await AssertIsBrokenAsync(copy.Path);
    }

    private static string LogIn(string folder) => Path.Combine(folder, "dev.jsonl");

    private static Task<ProgramRun> VerifyAsync(string folder) => ProgramRun.OfBrokerAsync("audit", "verify", LogIn(folder));

    private static async Task AssertIsBrokenAsync(string folder)
    {
        var run = await VerifyAsync(folder);
        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Errors, Does.Contain("the chain is broken"));
    }

    private TemporaryFolder Copy()
    {
        var copy = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(_broker.AuditFolder))
        {
            File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        }

        return copy;
    }
}
