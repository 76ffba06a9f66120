using System.Diagnostics.CodeAnalysis;

namespace SecretsBroker.Identity;

/// <summary>Who the caller is, or why that is not known.</summary>
internal readonly record struct AuthenticationResult
{
    private AuthenticationResult(Workload? workload, AuthenticationFault fault, string authority, SingleUse? proof = null)
    {
        Workload = workload;
        Fault = fault;
        Authority = authority;
        Proof = proof;
    }

    public Workload? Workload { get; }

    public AuthenticationFault Fault { get; }

    /// <summary>The configured issuer or trust domain that was asked; empty when none was. Never text from the token.</summary>
    public string Authority { get; }

    /// <summary>
    /// The proof of possession that the call came with, where it came with one: everything about it is right, but whether it was used
    /// before has not been asked, and the caller is believed only when it was not (<see cref="Dpop.DpopCheck.TryUseAsync"/>).
    /// </summary>
    public SingleUse? Proof { get; }

    [MemberNotNullWhen(true, nameof(Workload))]
    public bool Succeeded => Workload is not null;

    public static AuthenticationResult Of(Workload workload, string authority, SingleUse? proof = null) =>
        new(workload, AuthenticationFault.None, authority, proof);

    public static AuthenticationResult Failed(AuthenticationFault fault, string authority = "") =>
        new(null, fault, authority);
}
