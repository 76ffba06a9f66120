using SecretsBroker.Catalog;

namespace SecretsBroker.Policy.Opa;

/// <summary>
/// Which Open Policy Agent server is asked, and how. Section <c>Policy:Opa</c>; used when <c>Policy:Engine</c> is <c>opa</c> or <c>both</c>.
/// </summary>
internal sealed class OpaOptions
{
    public const string Section = PolicyOptions.Section + ":Opa";

    /// <summary>
    /// <c>https://HOST:PORT</c>, <c>http://HOST:PORT</c> (on loopback, see <see cref="AllowPlainHttp"/>) or <c>unix:///PATH</c> of a
    /// socket. Required.
    /// </summary>
    public string Address { get; set; } = "";

    /// <summary>The rule that decides, as the Data API names it: what follows <c>/v1/data/</c>. Default <c>secretsbroker/decision</c>.</summary>
    public string Path { get; set; } = "secretsbroker/decision";

    /// <summary>
    /// How long one question may take, connecting included. Default 1 s; 10 ms to 30 s. <c>Issuance:DecisionTimeout</c> stands over it.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Where the bearer token is; read at each question. None when the server asks for none.</summary>
    public SecretReference? Token { get; set; }

    /// <summary>PEM of the authorities that may have signed the server's certificate; empty for the system's. Read at the start.</summary>
    public string CaFile { get; set; } = "";

    /// <summary>A longer answer is none. Default 64 KiB; 1 KiB to 1 MiB.</summary>
    public int MaxAnswerBytes { get; set; } = 64 * 1024;

    /// <summary>Whether plain http may leave this machine: who can read along can also answer in the server's place. Default false.</summary>
    public bool AllowPlainHttp { get; set; }
}
