namespace SecretsBroker.Samples.LocalServers;

/// <summary><c>samples/postgres/lease-roles.sql</c>, as <c>psql</c> would run it.</summary>
public static class LeaseRoleFunctions
{
    /// <summary>What comes before the script where they are there already.</summary>
    public const string Drop = "DROP SCHEMA IF EXISTS secrets_broker CASCADE;";

    /// <param name="account">Who may call the functions.</param>
    public static string ScriptFor(string account)
    {
        using var resource = typeof(LeaseRoleFunctions).Assembly.GetManifestResourceStream("lease-roles.sql")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd()
            .Replace(":\"account\"", $"\"{account}\"", StringComparison.Ordinal)
            .Replace(":'account'", $"'{account}'", StringComparison.Ordinal);
    }
}
