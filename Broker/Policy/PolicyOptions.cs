namespace SecretsBroker.Policy;

/// <summary>Where the policies stand. Section <c>Policy</c>.</summary>
internal sealed class PolicyOptions
{
    public const string Section = "Policy";

    /// <summary>
    /// The folder whose <c>*.cedar</c> files are the policies, and whose <c>broker.cedarschema</c> declares the claims and labels that they
    /// name; those below it are not read. Default <c>policies</c>. A folder without any denies everything. Files that a running broker
    /// reads are to be replaced by renaming: one that is still being written is read as it stands.
    /// </summary>
    public string Folder { get; set; } = "policies";

    /// <summary>How often it is looked at for changes. Default 5 s; 100 ms to 1 h.</summary>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(5);
}
