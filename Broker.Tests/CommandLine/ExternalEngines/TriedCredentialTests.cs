using System.Globalization;
using SecretsBroker.CommandLine.ExternalEngines;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Contract;
using SecretsBroker.Engines.External;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Engines.Commands;

namespace SecretsBroker.Tests.CommandLine.ExternalEngines;

internal sealed class TriedCredentialTests
{
    private const string Shell = "/bin/sh";

    private TemporaryFolder _folder = null!;
    private ExternalCredential _credential = null!;

    private string Started => Path.Combine(_folder.Path, "started");

    [SetUp]
    public void Create()
    {
        _folder = new TemporaryFolder();
        _credential = new ExternalCredential { Handle = "h", Fields = new Dictionary<string, Secret> { ["password"] = new("hunter2"u8.ToArray()) } };
    }

    [TearDown]
    public void Dispose()
    {
        _credential.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Program_that_hangs_is_killed_after_its_time()
    {
        var violation = await Assert.ThrowsAsync<ContractViolationException>(
            async () => await Trial(TimeSpan.FromSeconds(2), Hanging).WorksAsync(_credential, CancellationToken.None));

        Assert.That(violation!.Message, Is.EqualTo($"--try: {Shell} did not end within 00:00:02 and was killed"));
        // A busy machine may not have let it begin.
        await Wait.UntilAsync(() => !File.Exists(Started) || !IsThere(File.ReadAllText(Started).Trim()));
    }

    [Test]
    public async Task Program_that_hangs_and_does_not_read_the_credential_is_killed_after_its_time()
    {
        // More than a pipe holds: it cannot have been written when the program closes its end.
        using var large = new ExternalCredential { Handle = "h", Fields = new Dictionary<string, Secret> { ["key"] = new(new byte[1_000_000]) } };
        var trial = Trial(TimeSpan.FromSeconds(2), $"echo $$ > {Started}.new; mv {Started}.new {Started}; exec 0<&-; sleep 1000");

        var violation = await Assert.ThrowsAsync<ContractViolationException>(async () => await trial.WorksAsync(large, CancellationToken.None));

        Assert.That(violation!.Message, Is.EqualTo($"--try: {Shell} did not end within 00:00:02 and was killed"));
        // A busy machine may not have let it begin.
        Assert.That(File.Exists(Started) && IsThere((await File.ReadAllTextAsync(Started)).Trim()), Is.False);
    }

    [Test]
    public async Task Nothing_that_the_program_started_outlives_it()
    {
        var works = await Trial(TimeSpan.FromMinutes(2), $"sleep 1000 > /dev/null 2>&1 & echo $! > {Started}; cat > /dev/null")
            .WorksAsync(_credential, CancellationToken.None);

        Assert.That(works, Is.True);
        Assert.That(ProcessTable.IsRunning(int.Parse(await File.ReadAllTextAsync(Started), CultureInfo.InvariantCulture)), Is.False);
    }

    [Test]
    public async Task Program_is_killed_when_the_test_is_stopped()
    {
        using var stop = new CancellationTokenSource();
        var trying = Trial(TimeSpan.FromMinutes(10), Hanging).WorksAsync(_credential, stop.Token);
        await Wait.UntilAsync(() => File.Exists(Started));

        await stop.CancelAsync();

        await Assert.CatchAsync<OperationCanceledException>(() => trying);
        await Wait.UntilAsync(() => !IsThere(File.ReadAllText(Started).Trim()));
    }

    [Test]
    public async Task Its_exit_code_says_whether_the_target_let_it_in()
    {
        Assert.That(await CodeAsync("cat > /dev/null; exit 0"), Is.True);
        Assert.That(await CodeAsync("grep -q hunter2 && exit 3"), Is.False);
        // One that reads nothing of what it is told.
        Assert.That(await CodeAsync("exit 3"), Is.False);
        var violation = await Assert.ThrowsAsync<ContractViolationException>(async () => await CodeAsync("exit 4"));
        Assert.That(violation!.Message, Does.EndWith("ended with exit code 4, which is neither 0 nor 3"));

        Task<bool> CodeAsync(string script) => Trial(TimeSpan.FromMinutes(2), script).WorksAsync(_credential, CancellationToken.None);
    }

    private string Hanging => $"echo $$ > {Started}.new; mv {Started}.new {Started}; cat > /dev/null; sleep 1000";

    private static TriedCredential Trial(TimeSpan limit, string script) => new([Shell, "-c", script], limit);

    private static bool IsThere(string process) => Directory.Exists($"/proc/{process}");
}
