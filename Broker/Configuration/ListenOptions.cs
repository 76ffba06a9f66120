namespace SecretsBroker.Configuration;

/// <summary>Where callers and verifiers reach the broker. Section <c>Listen</c>.</summary>
internal sealed class ListenOptions
{
    public const string Section = "Listen";

    /// <summary>The address for gRPC. Default 127.0.0.1; <c>0.0.0.0</c> or <c>::</c> for all.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The port for gRPC and, with TLS, for the publications too. Default 7443; 0 takes a free one.</summary>
    public int Port { get; set; } = 7443;

    /// <summary>
    /// The server certificate, PEM, its issuers behind it; read again when it changes. Required unless insecure, or from the Workload API.
    /// </summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>Its private key, PEM. Required with it.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>
    /// Takes the server certificate from the SPIFFE agent at <c>Identity:WorkloadApi:Socket</c>, in place of files: the broker's own
    /// X.509-SVID, and each that follows it. Default false.
    /// </summary>
    public bool WorkloadApi { get; set; }

    /// <summary>
    /// Asks clients for a certificate, by which workloads can prove who they are. Clients that have none connect all the same. Default true.
    /// </summary>
    public bool AskForCertificates { get; set; } = true;

    /// <summary>No TLS. Only on a loopback address. Default false.</summary>
    public bool Insecure { get; set; }

    /// <summary>
    /// Connections that are open at once, of both listeners; further ones are closed. What strangers hold open must leave the broker files
    /// and sockets to revoke with. Default 10,000; 10 to 1,000,000.
    /// </summary>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>The address of the second listener. Default 127.0.0.1.</summary>
    public string PublishAddress { get; set; } = "127.0.0.1";

    /// <summary>
    /// Plain HTTP for what everybody may read: certificates, keys, lists of what was revoked, OCSP, <c>/healthz</c>. CRLs are fetched over plain
    /// HTTP (RFC 5280 §8); they are signed. Default none (-1); 0 takes a free one.
    /// </summary>
    public int PublishPort { get; set; } = -1;
}
