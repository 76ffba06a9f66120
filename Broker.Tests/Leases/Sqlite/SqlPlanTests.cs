using Microsoft.Data.Sqlite;
using SecretsBroker.Leases.Sqlite;

namespace SecretsBroker.Tests.Leases.Sqlite;

/// <summary>No statement on the way of a lease reads a table from end to end, or sorts what it reads.</summary>
internal sealed class SqlPlanTests
{
    private static readonly TestCaseData<string, string>[] Hot =
    [
        new(nameof(Sql.FindTask), Sql.FindTask),
        new(nameof(Sql.BeatTask), Sql.BeatTask),
        new(nameof(Sql.EndTask), Sql.EndTask),
        new(nameof(Sql.LostTasks), Sql.LostTasks),
        new(nameof(Sql.TouchTask), Sql.TouchTask),
        new(nameof(Sql.UpdateLease), Sql.UpdateLease),
        new(nameof(Sql.FindLease), Sql.FindLease),
        new(nameof(Sql.TaskLeases), Sql.TaskLeases),
        new(nameof(Sql.LatestOfRequest), Sql.LatestOfRequest),
        new(nameof(Sql.DueLeases), Sql.DueLeases),
        new(nameof(Sql.PageOfOwner), Sql.PageOfOwner),
        new(nameof(Sql.PageOfTask), Sql.PageOfTask),
        new(nameof(Sql.PageOfAll), Sql.PageOfAll),
        new(nameof(Sql.FindWorkload), Sql.FindWorkload),
        new(nameof(Sql.DropTarget), Sql.DropTarget),
        new(nameof(Sql.ForgettableLeases), Sql.ForgettableLeases),
        new(nameof(Sql.DeleteLease), Sql.DeleteLease),
        new(nameof(Sql.ReleaseTask), Sql.ReleaseTask),
        new(nameof(Sql.DeleteTasks), Sql.DeleteTasks),
        new(nameof(Sql.DeleteIdleWorkloads), Sql.DeleteIdleWorkloads),
        new(nameof(Sql.FindKillOrder), Sql.FindKillOrder),
        new(nameof(Sql.FindDelegation), Sql.FindDelegation),
        new(nameof(Sql.UseDelegation), Sql.UseDelegation),
        new(nameof(Sql.DelegatedTasks), Sql.DelegatedTasks),
        new(nameof(Sql.GivenOfTask), Sql.GivenOfTask),
        new(nameof(Sql.CountGiven), Sql.CountGiven),
        new(nameof(Sql.PageOfGiven), Sql.PageOfGiven),
        new(nameof(Sql.PageOfReceived), Sql.PageOfReceived),
        new(nameof(Sql.ForgetDenied), Sql.ForgetDenied),
        new(nameof(Sql.FindDenied), Sql.FindDenied),
        new(nameof(Sql.Denied), Sql.Denied),
        new(nameof(Sql.DenyListVersion), Sql.DenyListVersion),
        new(nameof(Sql.FindStaticSecret), Sql.FindStaticSecret),
        new(nameof(Sql.StaticSecrets), Sql.StaticSecrets),
    ];

    [TestCaseSource(nameof(Hot))]
    public void Hot_statement_searches_by_an_index_and_sorts_nothing(string name, string sql) =>
        Assert.That(Plan(sql), Is.Not.Empty.And.None.StartsWith("SCAN").And.None.Contains("TEMP B-TREE"), name);

    [Test]
    public void Backlog_reads_the_targets_and_searches_the_leases() =>
        Assert.That(Plan(Sql.Backlog).Where(step => step.StartsWith("SCAN", StringComparison.Ordinal)), Is.EqualTo(new[] { "SCAN targets" }));

    [Test]
    public void Kill_orders_that_cover_a_lease_are_looked_up_by_selector() =>
        Assert.That(Plan(Sql.CoveringKillOrder), Has.Some.Contains("kill_orders_selector").And.None.StartsWith("SCAN kill_orders"));

    [Test]
    public void Killing_a_workload_reads_its_own_live_leases_only() =>
        Assert.That(Plan(Sql.PageOfLiveOwner), Has.Some.Contains("leases_live").And.None.StartsWith("SCAN"));

    [Test]
    public void What_was_delegated_is_found_without_reading_the_rest() =>
        Assert.That(Plan(Sql.PageOfLiveDelegated), Is.Not.Empty.And.All.Contains("leases_delegated"));

#pragma warning disable CA2100 // The texts are the store's own.
    private static List<string> Plan(string sql)
    {
        using var connection = new SqliteConnection("Data Source=:memory:;Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = string.Concat([Schema.Create, .. Schema.Upgrades]);
        command.ExecuteNonQuery();
        command.CommandText = "EXPLAIN QUERY PLAN " + sql;
        for (var i = 1; sql.Contains("?" + i, StringComparison.Ordinal); i++)
        {
            command.Parameters.AddWithValue("?" + i, 1);
        }

        using var reader = command.ExecuteReader();
        var steps = new List<string>();
        while (reader.Read())
        {
            steps.Add(reader.GetString(3));
        }

        return steps;
    }
#pragma warning restore CA2100
}
