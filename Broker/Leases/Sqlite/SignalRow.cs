using System.Data.Common;
using System.Globalization;
using SecretsBroker.Behaviour;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>A workload's signals as of a moment. The resources are written as <c>mark:milliseconds</c> with spaces between.</summary>
/// <param name="Time">As of when the levels are.</param>
/// <param name="Resources">Marks, and when each was last asked for.</param>
internal sealed record SignalRow(
    DateTimeOffset Time, double Issues, double Denials, double Violations, double Failures, IReadOnlyDictionary<string, long> Resources)
{
    public static SignalRow? Find(Session session, string owner) => session.First(Sql.FindSignals, Read, owner);

    public static SignalRow New(DateTimeOffset now) => new(now, 0, 0, 0, 0, new Dictionary<string, long>());

    public SignalRow Add(SignalDelta delta, TimeSpan halfLife, DateTimeOffset now)
    {
        var left = LeftOf(Time, halfLife, now);
        var resources = Resources.ToDictionary();
        foreach (var mark in delta.Resources)
        {
            resources[mark] = Instants.Write(now);
        }

        return new SignalRow(
            now,
            (Issues * left) + delta.Issues,
            (Denials * left) + delta.Denials,
            (Violations * left) + delta.Violations,
            (Failures * left) + delta.Failures,
            resources.OrderByDescending(resource => resource.Value).Take(ISignalStore.MaxResources).ToDictionary());
    }

    public SignalLevels Levels(TimeSpan halfLife, DateTimeOffset now)
    {
        var left = LeftOf(Time, halfLife, now);
        return new SignalLevels(
            Issues * left,
            Denials * left,
            Resources.Values.Sum(last => LeftOf(DateTimeOffset.FromUnixTimeMilliseconds(last), halfLife, now)),
            Violations * left,
            Failures * left);
    }

    public void Write(Session session, string owner) => session.Execute(
        Sql.WriteSignals, owner, Instants.Write(Time), Issues, Denials, Violations, Failures,
        string.Join(' ', Resources.Select(resource => string.Create(CultureInfo.InvariantCulture, $"{resource.Key}:{resource.Value}"))));

    private static double LeftOf(DateTimeOffset since, TimeSpan halfLife, DateTimeOffset now) =>
        now <= since ? 1 : Math.Pow(0.5, (now - since) / halfLife);

    private static SignalRow Read(DbDataReader row) => new(
        row.GetInstant(0), row.GetDouble(1), row.GetDouble(2), row.GetDouble(3), row.GetDouble(4), ReadResources(row.GetString(5)));

    private static Dictionary<string, long> ReadResources(string text) => text
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(entry => entry.Split(':'))
        .ToDictionary(entry => entry[0], entry => long.Parse(entry[1], CultureInfo.InvariantCulture));
}
