namespace SecretsBroker.Identity;

internal sealed partial class TrustedAuthorities
{
    [LoggerMessage(
        LogLevel.Information, "Identity configuration changed: {Issuers} issuers, {TrustDomains} trust domains; remembered tokens forgotten")]
    private partial void LogReconfigured(int issuers, int trustDomains);

    [LoggerMessage(LogLevel.Warning, "Development mode: whoever reads the key file of {TrustDomain} can be any of its workloads")]
    private partial void LogDevelopment(string trustDomain);
}
