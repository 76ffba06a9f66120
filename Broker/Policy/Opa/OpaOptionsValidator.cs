using SecretsBroker.Configuration;

namespace SecretsBroker.Policy.Opa;

internal sealed class OpaOptionsValidator : IValidateOptions<OpaOptions>
{
    private const int MaxPathLength = 256;

    public ValidateOptionsResult Validate(string? name, OpaOptions options)
    {
        var faults = new OptionFaults(OpaOptions.Section)
            .Check(
                IsPath(options.Path),
                nameof(options.Path),
                "must be names of [A-Za-z0-9_.-] separated by /, such as secretsbroker/decision",
                options.Path)
            .Range(nameof(options.Timeout), options.Timeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(30))
            .Range(nameof(options.MaxAnswerBytes), options.MaxAnswerBytes, 1024, 1024 * 1024)
            .Check(options.Token?.IsValid ?? true, nameof(options.Token), "must have exactly one of File and Env", "(not shown)");
        if (!OpaAddress.TryParse(options.Address, out var address))
        {
            faults.Check(
                holds: false,
                nameof(options.Address),
                "must be https://HOST:PORT, http://HOST:PORT or unix:///PATH, without user, path and query",
                options.Address);
            return faults.Result;
        }

        return faults
            .Check(
                address.IsPrivate || options.AllowPlainHttp,
                nameof(options.Address),
                "must be https unless it is loopback or a socket (or AllowPlainHttp is true)",
                options.Address)
            .Check(
                address.IsPrivate || options.Token is null,
                nameof(options.Token),
                "must not be sent over plain http: anybody on the way could take it",
                "(not shown)")
            .Check(
                options.CaFile.Length == 0 || (address.IsEncrypted && AuthorityFile.TryTrust(options.CaFile) is not null),
                nameof(options.CaFile),
                "must be a PEM file with a certificate, and the address https",
                options.CaFile)
            .Result;
    }

    private static bool IsPath(string path) =>
        path.Length <= MaxPathLength
        && path.Split('/').All(name => name.Length > 0
            && name.Trim('.').Length > 0
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'));
}
