using SecretsBroker.Policy.Opa;

namespace SecretsBroker.Policy;

/// <summary>Where the policies stand and who decides by them. Section <c>Policy</c>.</summary>
internal sealed class PolicyOptions
{
    public const string Section = "Policy";
    public const string CedarEngine = "cedar";
    public const string OpaEngine = "opa";
    public const string BothEngines = "both";

    /// <summary>
    /// <c>cedar</c> (in this process), <c>opa</c> (a server, see <see cref="Opa"/>) or <c>both</c> (either may deny). Default <c>cedar</c>.
    /// What operators may do is decided by Cedar in any case.
    /// </summary>
    public string Engine { get; set; } = CedarEngine;

    /// <summary>
    /// The folder whose <c>*.cedar</c> files are the policies, and whose <c>broker.cedarschema</c> declares the claims and labels that they
    /// name; those below it are not read. Default <c>policies</c>. A folder without any denies everything. Files that a running broker
    /// reads are to be replaced by renaming: one that is still being written is read as it stands.
    /// </summary>
    public string Folder { get; set; } = "policies";

    /// <summary>How often it is looked at for changes. Default 5 s; 100 ms to 1 h.</summary>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The Open Policy Agent server, where <see cref="Engine"/> names one.</summary>
    public OpaOptions Opa { get; set; } = new();
}
