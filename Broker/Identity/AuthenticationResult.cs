using System.Diagnostics.CodeAnalysis;

namespace SecretsBroker.Identity;

/// <summary>Who the caller is, or why that is not known.</summary>
internal readonly record struct AuthenticationResult
{
    private AuthenticationResult(Workload? workload, AuthenticationFault fault, string authority)
    {
        Workload = workload;
        Fault = fault;
        Authority = authority;
    }

    public Workload? Workload { get; }

    public AuthenticationFault Fault { get; }

    /// <summary>The configured issuer or trust domain that was asked; empty when none was. Never text from the token.</summary>
    public string Authority { get; }

    [MemberNotNullWhen(true, nameof(Workload))]
    public bool Succeeded => Workload is not null;

    public static AuthenticationResult Of(Workload workload, string authority) =>
        new(workload, AuthenticationFault.None, authority);

    public static AuthenticationResult Failed(AuthenticationFault fault, string authority = "") =>
        new(null, fault, authority);
}
