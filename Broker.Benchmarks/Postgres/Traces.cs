namespace SecretsBroker.Benchmarks.Postgres;

/// <summary>What many leases at once have left behind when all are gone.</summary>
/// <param name="Before">Before the first.</param>
/// <param name="Most">When all were live.</param>
/// <param name="After">When none was.</param>
internal sealed record Traces(Footprint Before, Footprint Most, Footprint After)
{
    public bool AreNone => SameLists && After.Roles == 0 && After.Dangling == 0 && Errors == 0;

    private bool SameLists => Before.AccessLists == After.AccessLists && Before.AccessLists == Most.AccessLists;

    private int Errors => After.Errors - Before.Errors;

    public void Write(Figures figures)
    {
        Console.WriteLine(
            $"{Most.Roles:N0} roles at once, then revoked: access lists {(SameLists ? "as before, also meanwhile" : "CHANGED")}, "
            + $"{After.Roles} roles, {After.Dangling} dangling rows of the catalogue, {Errors} errors in the server's log");
        figures.Add("roles_at_once", Most.Roles);
        figures.Add("access_lists_unchanged", SameLists ? 1 : 0);
        figures.Add("roles_left", After.Roles);
        figures.Add("catalogue_errors", After.Dangling + Errors);
    }
}
