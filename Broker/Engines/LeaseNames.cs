using SecretsBroker.Leases;

namespace SecretsBroker.Engines;

/// <summary>The name under which something is made for a lease at a target where others have names as well.</summary>
internal static class LeaseNames
{
    private const string Prefix = "sb_";

    public static string Of(LeaseId lease) => Prefix + lease.Value;

    /// <summary>The lease whose name this is; null when it is none, or none that the installation of that mark made.</summary>
    public static LeaseId? Parse(string name, string mark) =>
        name.StartsWith(Prefix, StringComparison.Ordinal)
        && LeaseId.TryParse(name[Prefix.Length..], out var lease)
        && Installation.Marks(mark, lease)
            ? lease
            : null;
}
