using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Samples.Quickstart.Agents;

/// <summary>What the silent agent is told on its standard input, where no other process can look.</summary>
/// <param name="Broker">The broker's address.</param>
/// <param name="Proof">Its proof of identity.</param>
/// <param name="Grace">How long its task outlives it, in seconds.</param>
internal sealed record AgentOrder(string Broker, string Proof, double Grace);

/// <summary>What it got, handed to the story on its standard output: whoever has it can try whether it still works.</summary>
/// <param name="Certificate">PKCS#12 with the key, base64.</param>
/// <param name="Token">Bound to that certificate.</param>
internal sealed record AgentAnswer(string Certificate, string Token)
{
    public static AgentAnswer Of(InvoicesAccess access) =>
        new(Convert.ToBase64String(access.Certificate.Export(X509ContentType.Pkcs12)), access.Token);

    public X509Certificate2 LoadCertificate() =>
        X509CertificateLoader.LoadPkcs12(Convert.FromBase64String(Certificate), password: null);
}
