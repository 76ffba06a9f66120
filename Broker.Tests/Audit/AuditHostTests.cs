using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Quartz;
using SecretsBroker.Audit;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Tests.Audit;

internal sealed class AuditHostTests
{
    [Test]
    public async Task Start_and_stop_are_recorded_and_signed()
    {
        await using var folder = new AuditFolder();
        using (var host = Build(folder))
        {
            await host.StartAsync();
            await host.StopAsync();
        }

        var entries = await folder.ReadAsync();
        var verified = await folder.VerifyAsync();
        Assert.Multiple(() =>
        {
            Assert.That(
                entries.Select(entry => entry.Record.Type),
                Is.EqualTo([AuditEventType.Started, AuditEventType.Checkpoint, AuditEventType.Stopped, AuditEventType.Checkpoint]));
            Assert.That(verified.Break, Is.Null);
            Assert.That(verified.RecordsAfterCheckpoint, Is.Zero);
        });
    }

    [Test]
    public async Task Broker_starts_without_a_disk_and_appends_again_when_there_is_one()
    {
        await using var folder = new AuditFolder();
        var disk = new FaultyDisk { FailOpen = true };
        using var host = Build(folder, services => services.Replace(ServiceDescriptor.Singleton<OpenAuditFile>(disk.Open)));
        await host.StartAsync();
        var sink = host.Services.GetRequiredService<IAuditSink>();
        var record = new AuditRecord { Id = "a", Type = AuditEventType.Used };

        await Assert.ThrowsAsync<AuditException>(async () => await sink.AppendAsync(record, CancellationToken.None));
        disk.FailOpen = false;
        await sink.AppendAsync(record, CancellationToken.None);
        await host.StopAsync();

        Assert.That((await folder.ReadAsync())[0].Record.Id, Is.EqualTo("a"));
    }

    [Test]
    public async Task Scheduler_signs_the_log()
    {
        await using var folder = new AuditFolder();
        using var host = Build(
            folder,
            services => services.AddQuartzHostedService(),
            new() { ["Audit:CheckpointInterval"] = "00:00:01" });
        await host.StartAsync();
        await host.Services.GetRequiredService<IAuditSink>()
            .AppendAsync(new AuditRecord { Id = "a", Type = AuditEventType.Used }, CancellationToken.None);

        await Wait.UntilAsync(() => Checkpoint.Load(AuditFiles.Checkpoint(folder.Path, "one"))?.Sequence == 4);

        await host.StopAsync();
    }

    [Test]
    public async Task Faulty_options_are_reported_together()
    {
        await using var folder = new AuditFolder();
        using var host = Build(folder, settings: new()
        {
            ["Audit:Broker"] = "../x",
            ["Audit:AppendTimeout"] = "00:00:00",
            ["Audit:RotationBytes"] = "1",
        });

        var faults = (await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync()))!.Failures.ToList();

        Assert.That(faults, Has.Count.EqualTo(3));
        Assert.That(faults[0], Does.StartWith("Audit:").And.Contain("'../x'"));
    }

    [Test]
    public async Task Little_space_is_measured()
    {
        await using var folder = new AuditFolder();
        using var measured = new MeasuredAudit(folder);

        await measured.Log.CheckpointAsync(CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That(measured.Last(TelemetryNames.Metrics.AuditDiskLow), Is.EqualTo(1));
            Assert.That(measured.Last(TelemetryNames.Metrics.AuditDiskFree), Is.Positive);
        });
        await measured.Log.DisposeAsync();
    }

    private static IHost Build(
        AuditFolder folder, Action<IServiceCollection>? change = null, Dictionary<string, string?>? settings = null)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Audit:Folder"] = folder.Path, ["Audit:Broker"] = "one" });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.Services.AddTelemetry(builder.Configuration).AddAudit();
        change?.Invoke(builder.Services);
        return builder.Build();
    }
}
