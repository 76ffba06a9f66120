using System.Security.Cryptography;
using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Identity;
using SecretsBroker.Tests.Identity.Dpop;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Tests.Attacks;

/// <summary>Identities that must not be believed: those that the authenticators are tried with, at a whole broker.</summary>
internal static class IdentityAttacks
{
    public const string Token = "token";
    public const string Proof = "proof of possession";
    public const string Certificate = "certificate";
    public const string Replay = "replay";

    private const string Unauthenticated = "UNAUTHENTICATED";

    public static IEnumerable<Attack> All =>
    [
        .. BadTokens.Table.Where(IsAbout).Select(bad => NotBelieved(
            Token, bad.Name, bad.Expected, site => site.IssueAsync(bad.Make(site.Tokens)))),
        Late("not yet valid by ten minutes", AuthenticationFault.NotYetValid, "nbf"),
        Late("issued in ten minutes", AuthenticationFault.IssuedInTheFuture, "iat"),
        .. BadProofs.Table.Where(IsAbout).Select(bad => NotBelieved(Proof, bad.Name, bad.Expected, site =>
        {
            var (authorization, proof) = bad.Make(site.Proofs);
            return site.IssueAsync(authorization, proof is null ? [] : [proof]);
        })),
        NotBelieved(Proof, "two headers, joined to one on the way", AuthenticationFault.ProofMalformed, site =>
        {
            var token = site.Proofs.Token(DpopRig.Key);
            return site.IssueAsync($"DPoP {token}", site.Proofs.Proof(token), site.Proofs.Proof(token));
        }),
        NotBelieved(Proof, "made in ten minutes", AuthenticationFault.ProofStale, site =>
        {
            var token = site.Proofs.Token(DpopRig.Key);
            return site.IssueAsync(
                $"DPoP {token}",
                site.Proofs.Proof(token, payload => payload["iat"] = site.Proofs.Rig.Time.GetUtcNow().AddMinutes(10).ToUnixTimeSeconds()));
        }),
        new(Proof, "used a second time", StatusCode.Unauthenticated, Unauthenticated, async site =>
        {
            var token = site.Proofs.Token(DpopRig.Key);
            var proof = site.Proofs.Proof(token);
            await site.IssueAsync($"DPoP {token}", proof);
            return () => site.IssueAsync($"DPoP {token}", proof);
        })
        {
            Fault = AuthenticationFault.ProofReplayed,
        },
        .. BadCertificates.Table.Select(bad => NotBelieved(
            Certificate,
            bad.Name,
            bad.Expected,
            site => site.IssueAsync(bad.Make(site.Certificates), bad.Issuers(site.Certificates))) with
            {
                // Broken off before there is a call that could be answered or counted.
                Status = bad.BreaksHandshake ? StatusCode.Unavailable : StatusCode.Unauthenticated,
                OrStatus = bad.BreaksHandshake ? [StatusCode.Internal] : [],
                Reason = bad.BreaksHandshake ? "" : Unauthenticated,
                Fault = bad.BreaksHandshake ? null : bad.Expected,
            }),
        NotBelieved(Certificate, "with another workload's token", AuthenticationFault.CredentialsDisagree, site => site.IssueAsync(
            site.Certificates.Agent, [], $"Bearer {site.Broker.Sandbox.Token("somebody")}")),
        new(Replay, "token of a grant that takes each once, used again by eight at once", StatusCode.Unauthenticated, "TOKEN_USED", async site =>
        {
            var token = site.Tokens.Oidc(claims => claims["jti"] = RandomNumberGenerator.GetHexString(32));
            var calls = Agent.At(site.Keep(TlsClient.Connect(site.Broker.Address)), token).Leases;
            await calls.IssueLeaseAsync(AttackSite.Request(AttackSite.OnceOnly));
            return () => Task.WhenAll(Enumerable.Range(0, 8).Select(
                async _ => await calls.IssueLeaseAsync(AttackSite.Request(AttackSite.OnceOnly))));
        })
        {
            Record = record => record is { Type: AuditEventType.Refused, Reason: "TokenUsed" },
        },
        Attack.Now(Replay, "token without an id", StatusCode.Unauthenticated, "TOKEN_ID_MISSING", async site =>
            await Agent.At(site.Keep(TlsClient.Connect(site.Broker.Address)), site.Tokens.Oidc()).Leases.IssueLeaseAsync(
                AttackSite.Request(AttackSite.OnceOnly))) with
        {
            Record = record => record is { Type: AuditEventType.Refused, Reason: "TokenIdMissing" },
        },
    ];

    // Not those that no HTTP client sends; those that depend on the second; those of an issuer whose keys would have to be fetched.
    private static bool IsAbout(BadToken bad) =>
        bad.Expected is not (AuthenticationFault.NotYetValid or AuthenticationFault.IssuedInTheFuture)
        && !bad.Name.Contains("a line break", StringComparison.Ordinal)
        && !bad.Name.Contains("not ASCII", StringComparison.Ordinal)
        && !bad.Name.Contains("keys are not known yet", StringComparison.Ordinal);

    private static bool IsAbout(BadProof bad) =>
        bad.Expected is not (AuthenticationFault.ProofStale or AuthenticationFault.ProofNonceMissing);

    private static Attack Late(string name, AuthenticationFault fault, string claim) => NotBelieved(Token, name, fault, site =>
        site.IssueAsync("Bearer " + site.Tokens.Svid(
            claims => claims[claim] = site.Tokens.Rig.Time.GetUtcNow().AddMinutes(10).ToUnixTimeSeconds())));

    private static Attack NotBelieved(string kind, string name, AuthenticationFault fault, Func<AttackSite, Task> attack) =>
        Attack.Now(kind, name, StatusCode.Unauthenticated, Unauthenticated, attack) with { Fault = fault };
}
