using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Audit;
using SecretsBroker.Client;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using SecretsBroker.Reconciliation;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>The engine in <c>samples/external-engine-python</c>, started by a broker, from an agent's client library to the service and back.</summary>
internal sealed class PythonEngineTests
{
    private NotebooksService _service = null!;

    [SetUp]
    public async Task CreateAsync() => _service = await NotebooksService.CreateAsync();

    [TearDown]
    public void Dispose() => _service?.Dispose();

    [Test]
    public async Task Agent_reads_a_notebook_with_its_lease_until_its_task_is_done()
    {
        await using var broker = await StartBrokerAsync();
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("read the minutes");
        var lease = await task.AcquireAsync("read", "notebooks/minutes", new LeaseOptions { Credential = CredentialRequests.External() });
        Assert.That(await _service.AcceptsAsync(lease.Secret.External.Fields), Is.True);

        await task.CompleteAsync(TaskOutcome.Succeeded);

        await broker.WaitForAuditAsync(AuditEventType.Revoked, _ => true);
        Assert.That(await _service.AcceptsAsync(lease.Secret.External.Fields), Is.False);
    }

    [Test]
    public async Task Engine_that_was_killed_is_started_again_and_revokes_what_it_issued_before()
    {
        await using var broker = await StartBrokerAsync();
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("read the minutes");
        var lease = await task.AcquireAsync("read", "notebooks/minutes");
        var killed = _service.Engines().Single();

        using (var process = Process.GetProcessById(killed))
        {
            process.Kill();
        }

        await task.CompleteAsync(TaskOutcome.Succeeded);

        await broker.WaitForAuditAsync(AuditEventType.Revoked, _ => true);
        Assert.That(await _service.AcceptsAsync(lease.Secret.External.Fields), Is.False);
        Assert.That(_service.Engines(), Has.None.EqualTo(killed));
    }

    [Test]
    public async Task Engine_that_somebody_else_runs_lets_the_brokers_group_in()
    {
        using var engine = ServerProcess.Start(
            "/usr/bin/env",
            [.. _service.Environment.Select(pair => $"{pair.Key}={pair.Value}"), .. _service.Command.Where(word => word != "--until-input-ends"), "--group-may-connect"],
            Path.GetDirectoryName(_service.Socket)!);
        await engine.WaitUntilAsync(_ => Task.FromResult(File.Exists(_service.Socket)));
        await using var broker = await StartBrokerAsync(Catalog(command: ""));
        using var client = broker.Connect();
        await using var task = await client.StartTaskAsync("read the minutes");

        var lease = await task.AcquireAsync("read", "notebooks/minutes");

        Assert.That(await _service.AcceptsAsync(lease.Secret.External.Fields), Is.True);
        Assert.That(_service.Engines(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Engine_ends_with_its_broker()
    {
        var broker = await StartBrokerAsync();
        Assert.That(_service.Engines(), Has.Count.EqualTo(1));

        await broker.DisposeAsync();

        Assert.That(_service.Engines(), Is.Empty);
    }

    [Test]
    public async Task Account_that_no_lease_covers_is_removed()
    {
        await using var broker = await StartBrokerAsync(("Store:Installation", "notebooks"), ("Reconciliation:Mode", "off"), ("Reconciliation:Grace", "00:00:00"));
        var engine = broker.Services.GetRequiredService<TargetEngines>().Find("notebooks")!;
        // As one that a broker made whose store was lost.
        var request = TestExternal.Request() with { LeaseId = LeaseId.New(0, Installation.Of("notebooks")) };
        using var credential = (FieldsCredential)await engine.IssueAsync(request, TimeSpan.FromMinutes(1), CancellationToken.None);
        var fields = credential.Fields.ToDictionary(field => field.Key, field => field.Value.Reveal());
        Assert.That(await _service.AcceptsAsync(fields), Is.True);

        var report = await broker.Services.GetRequiredService<TargetReconciler>().RunAsync(engine, dryRun: false, actor: "", CancellationToken.None);

        Assert.That((report!.Listed, report.Removed), Is.EqualTo((1, 1)));
        Assert.That(await _service.AcceptsAsync(fields), Is.False);
    }

    [Test]
    public async Task It_keeps_the_contract_also_across_a_restart()
    {
        using var folder = new TemporaryFolder();
        var settings = Path.Combine(folder.Path, "settings.yaml");
        await File.WriteAllTextAsync(settings, $$"""
            target:
              command: {{JsonSerializer.Serialize(_service.Command)}}
              environment: {{JsonSerializer.Serialize(_service.Environment)}}
              revocability: destroy
              engine_settings: { file: {{_service.Notebooks}} }
            grant:
              engine_settings: { notebooks: [minutes] }
            """);

        // Each use of a secret is a program that is started: a busy machine takes its time for some hundred of them.
        var run = await ProgramRun.OfAsync(
            ProgramRun.Dotnet,
            [ProgramRun.BrokerAssembly, "engine", "test", $"unix:{_service.Socket}", "--settings", settings, "--try", .. _service.Trial],
            limit: TimeSpan.FromMinutes(8));

        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        Assert.That(run.Output, Does.Contain("notebooks 1.0: destroy, renewable, lists what it holds")
            .And.Contains("kept    what was issued before a restart is revoked after it")
            .And.Contains("kept    what was issued is listed by its installation's mark until it is revoked")
            .And.Contains("22 kept, 0 broken"));
        Assert.That(_service.Engines(), Is.Empty, "it is left behind");
    }

    private Task<TestBroker> StartBrokerAsync(params (string Key, string Value)[] settings) => StartBrokerAsync(
        Catalog($"""
            command: {JsonSerializer.Serialize(_service.Command)}
                  environment: {JsonSerializer.Serialize(_service.Environment)}
            """),
        settings);

    private static async Task<TestBroker> StartBrokerAsync(string catalog, params (string Key, string Value)[] settings)
    {
        var broker = await TestBroker.StartAsync(options =>
        {
            foreach (var (key, value) in settings)
            {
                options.Settings[key] = value;
            }

            options.Catalog = catalog;
        });
        var engine = broker.Services.GetRequiredService<TargetEngines>().Find("notebooks")!;
        await Wait.UntilAsync(async () =>
        {
            try
            {
                await engine.CheckAsync(CancellationToken.None);
                return true;
            }
            catch (EngineException e) when (e.IsTransient)
            {
                // It is still starting.
                return false;
            }
        });
        return broker;
    }

    private string Catalog(string command) => $$"""
        targets:
          - name: notebooks
            engine: external
            timeout: 30s
            settings:
              socket: {{_service.Socket}}
              revocability: destroy
              engine_settings: { file: {{_service.Notebooks}} }
              {{command}}
        grants:
          - name: read-minutes
            action: read
            resource: notebooks/minutes
            target: notebooks
            default_ttl: 2m
            max_ttl: 10m
            settings:
              engine_settings: { notebooks: [minutes] }
        """;
}
