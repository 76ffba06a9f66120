using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Benchmarks.Issue;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Benchmarks.Postgres;

/// <summary>What the engine's calls cost beside more and more roles that live at the server.</summary>
internal sealed class LiveRolesCurve : IAsyncDisposable
{
    private const int Lone = 200;
    private const int AtOnce = 64;
    private const int Waves = 20;

    // Where one call takes a second, fewer of them have to do.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly JsonSerializerOptions IgnoreNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly ICredentialEngine _engine;
    private readonly Grant _grant;
    private readonly RoleFiller _filler;

    private LiveRolesCurve(BenchmarkDatabase database, CurveOptions options)
    {
        var settings = JsonSerializer.SerializeToElement(database.TargetSettings);
        _engine = new PostgresEngineType(TimeProvider.System, NullLogger<PostgresEngine>.Instance).Create(new Target("orders-db", "postgres", settings, 16, TimeSpan.FromMinutes(2)));
        _grant = new Grant
        {
            Name = "read-orders",
            Action = BenchmarkCatalog.Action,
            Resource = BenchmarkCatalog.DatabaseResource,
            Target = "orders-db",
            Engine = "postgres",
            DefaultTimeToLive = TimeSpan.FromHours(1),
            MaxTimeToLive = TimeSpan.FromHours(1),
            Settings = JsonSerializer.SerializeToElement(
                new { tables = new Dictionary<string, string[]> { ["public.invoices"] = ["SELECT"] }, statement_timeout = options.HasTimeouts ? "1m" : null }, IgnoreNulls),
        };
        _filler = new RoleFiller(database, PostgresNames.GroupOf(_grant.Name), options);
    }

    public static async Task<int> RunAsync(CurveOptions options)
    {
        await using var database = await BenchmarkDatabase.StartAsync(options.Programs);
        if (options.HasFunctions)
            await database.AddFunctionsAsync();
        await using var curve = new LiveRolesCurve(database, options);
        var progress = new Progress(2 * (options.Levels.Count + 1));
        progress.Next("warming up");
        await curve.MeasureAsync();
        var points = new List<Point>();
        foreach (var level in options.Levels)
        {
            progress.Next($"filling up to {level:N0} live roles");
            await curve._filler.FillAsync(level);
            progress.Next($"issuing and revoking beside {level:N0}");
            points.Add(await curve.MeasureAsync());
        }

        progress.End();
        Write(options, await curve._filler.VersionAsync(), points);
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _filler.DisposeAsync();
    }

    private static void Write(CurveOptions options, string version, IReadOnlyList<Point> points)
    {
        Console.WriteLine($"""
            The engine alone, at a PostgreSQL server ({version}) with fsync on that holds so many live roles of one grant; its account is no superuser and
            {(options.HasFunctions ? "has the functions that make roles for it" : "makes roles itself")}. Issue is one call; revoke is revoking and looking again. Lone: medians of {Lone} calls one after the
            other, or as many as a minute holds. Gathered: {AtOnce} calls at once, their time divided by {AtOnce}.

            """);
        Console.WriteLine($"{"live roles",12}{"issue ms",12}{"revoke ms",12}{"issue µs",20}{"revoke µs",12}");
        Console.WriteLine($"{"",12}{"lone",12}{"lone",12}{"gathered, each",20}{"",12}");
        foreach (var (level, point) in options.Levels.Zip(points))
        {
            Console.WriteLine(
                $"{level,12:N0}{point.Issue.TotalMilliseconds,12:0.00}{point.Revoke.TotalMilliseconds,12:0.00}"
                + $"{point.IssueGathered.TotalMicroseconds,20:0}{point.RevokeGathered.TotalMicroseconds,12:0}");
        }

        var figures = new Figures();
        var (few, many) = (points[0], points[^1]);
        figures.AtMost("curve_issue_ratio", many.Issue / few.Issue, 1.2);
        figures.AtMost("curve_revoke_ratio", many.Revoke / few.Revoke, 1.2);
        figures.AtMost("curve_issue_gathered_ratio", many.IssueGathered / few.IssueGathered, 1.2);
        figures.AtMost("curve_revoke_gathered_ratio", many.RevokeGathered / few.RevokeGathered, 1.2);
        figures.Write();
    }

    private async Task<Point> MeasureAsync()
    {
        var (issues, revokes) = (new List<TimeSpan>(), new List<TimeSpan>());
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Lone && Stopwatch.GetElapsedTime(start) < Patience; i++)
        {
            var (issue, revoke) = await CycleAsync(1);
            issues.Add(issue);
            revokes.Add(revoke);
        }

        var (issuesGathered, revokesGathered) = (new List<TimeSpan>(), new List<TimeSpan>());
        start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Waves && Stopwatch.GetElapsedTime(start) < Patience; i++)
        {
            var (issue, revoke) = await CycleAsync(AtOnce);
            issuesGathered.Add(issue / AtOnce);
            revokesGathered.Add(revoke / AtOnce);
        }

        return new Point(Median(issues), Median(revokes), Median(issuesGathered), Median(revokesGathered));
    }

    private async Task<(TimeSpan Issue, TimeSpan Revoke)> CycleAsync(int atOnce)
    {
        var requests = Enumerable.Range(0, atOnce).Select(_ => NewRequest()).ToArray();
        var start = Stopwatch.GetTimestamp();
        var credentials = await Task.WhenAll(requests.Select(request => _engine.IssueAsync(request, CancellationToken.None).AsTask()));
        var issued = Stopwatch.GetElapsedTime(start);
        var leases = requests.Zip(credentials, LeaseOf).ToArray();
        start = Stopwatch.GetTimestamp();
        await Task.WhenAll(leases.Select(RevokeAsync));
        var revoked = Stopwatch.GetElapsedTime(start);
        Array.ForEach(credentials, credential => credential.Dispose());
        return (issued, revoked);
    }

    private async Task RevokeAsync(Lease lease)
    {
        await _engine.RevokeAsync(lease, CancellationToken.None);
        if (!(await _engine.VerifyAsync(lease, CancellationToken.None)).Gone)
            throw new InvalidOperationException("A role was revoked and is there.");
    }

    private IssueRequest NewRequest() => new(
        LeaseId.New(0),
        new WorkloadId("spiffe://dev.local/benchmark"),
        new TaskId("benchmark"),
        new Intent(_grant.Action, _grant.Resource, "reporter", "measure", TimeToLive: null),
        _grant,
        TimeProvider.System.GetUtcNow().AddHours(1),
        new CredentialInput.Postgres());

    private static Lease LeaseOf(IssueRequest request, Credential credential) => new()
    {
        Id = request.LeaseId,
        Task = new TaskKey(request.Workload, request.Task),
        Grant = request.Grant.Name,
        Engine = request.Grant.Engine,
        Target = request.Grant.Target,
        Action = request.Intent.Action,
        Resource = request.Intent.Resource,
        DecisionId = "benchmark",
        ExpireTime = request.ExpireTime,
        MaxExpireTime = request.ExpireTime,
        Handle = credential.Handle,
    };

    private static TimeSpan Median(List<TimeSpan> times)
    {
        times.Sort();
        return times[times.Count / 2];
    }

    private sealed record Point(TimeSpan Issue, TimeSpan Revoke, TimeSpan IssueGathered, TimeSpan RevokeGathered);
}
