using System.Text.Json;
using System.Text.Json.Serialization;
using SecretsBroker.Identity;
using SecretsBroker.Leases;

namespace SecretsBroker.Intents.Delegations;

/// <summary>The forms in which stores keep what belongs to delegation. One text for one content: contents are compared by it.</summary>
internal static class DelegationText
{
    public static string Write(IntentScope? scope) =>
        scope is null ? "" : JsonSerializer.Serialize(new ScopeText(scope.Actions, scope.Resources), DelegationJson.Default.ScopeText);

    /// <summary>Null for the empty text.</summary>
    public static IntentScope? ReadScope(string? text) =>
        string.IsNullOrEmpty(text) || JsonSerializer.Deserialize(text, DelegationJson.Default.ScopeText) is not { } scope
            ? null
            : new IntentScope(scope.Actions, scope.Resources);

    public static string Write(DelegationChain chain) => JsonSerializer.Serialize(ToText(chain), DelegationJson.Default.ChainText);

    /// <summary>Null for no text.</summary>
    public static DelegationChain? ReadChain(string? text) =>
        string.IsNullOrEmpty(text) || JsonSerializer.Deserialize(text, DelegationJson.Default.ChainText) is not { } chain
            ? null
            : ToChain(chain);

    /// <summary>What never changes about a delegation.</summary>
    public static string WriteAbout(Delegation delegation) => JsonSerializer.Serialize(
        new AboutText(delegation.Delegate.Value, ToText(delegation.Chain), delegation.Giver?.Write() ?? ""),
        DelegationJson.Default.AboutText);

    public static string WriteTerms(DelegationTerms terms) => JsonSerializer.Serialize(
        new TermsText(terms.Scope.Actions, terms.Scope.Resources, terms.MoreHops, terms.MayRephrase), DelegationJson.Default.TermsText);

    /// <param name="about">As <see cref="WriteAbout"/> writes it.</param>
    /// <param name="terms">As <see cref="WriteTerms"/> writes it.</param>
    /// <param name="counts">What stores keep as numbers.</param>
    public static Delegation Read(string about, string terms, DelegationCounts counts)
    {
        var fixedPart = JsonSerializer.Deserialize(about, DelegationJson.Default.AboutText)!;
        var bounds = JsonSerializer.Deserialize(terms, DelegationJson.Default.TermsText)!;
        return new Delegation
        {
            Delegate = new WorkloadId(fixedPart.Delegate),
            Chain = ToChain(fixedPart.Chain),
            Giver = DecisionBasis.Read(fixedPart.Giver),
            Terms = new DelegationTerms
            {
                Scope = new IntentScope(bounds.Actions, bounds.Resources),
                ExpireTime = counts.ExpireTime,
                MaxUses = counts.MaxUses == 0 ? null : counts.MaxUses,
                MoreHops = bounds.MoreHops,
                MayRephrase = bounds.MayRephrase,
            },
            Used = counts.Used,
            CreateTime = counts.CreateTime,
            EndTime = counts.EndTime,
            Version = counts.Version,
        };
    }

    private static ChainText ToText(DelegationChain chain) => new(
        chain.Root.Purpose,
        chain.Root.Initiator,
        chain.Root.Hash,
        [.. chain.Links.Select(link => new LinkText(link.Delegation.Value, link.Task.Owner.Value, link.Task.Id.Value))]);

    private static DelegationChain ToChain(ChainText chain) => new(
        new RootIntent(chain.Purpose, chain.Initiator, chain.Hash),
        [
            .. chain.Links.Select(link => new DelegationLink(
                DelegationId.Parse(link.Delegation), new TaskKey(new WorkloadId(link.Owner), new TaskId(link.Task)))),
        ]);
}

/// <param name="MaxUses">Zero for no limit.</param>
internal readonly record struct DelegationCounts(
    DateTimeOffset CreateTime, DateTimeOffset ExpireTime, int MaxUses, int Used, DateTimeOffset? EndTime, long Version);

// Names are stored; they are never renamed.
internal sealed record ScopeText(IReadOnlyList<string> Actions, IReadOnlyList<string> Resources);

internal sealed record TermsText(IReadOnlyList<string> Actions, IReadOnlyList<string> Resources, int MoreHops, bool MayRephrase);

internal sealed record LinkText(string Delegation, string Owner, string Task);

internal sealed record ChainText(string Purpose, string Initiator, string Hash, IReadOnlyList<LinkText> Links);

internal sealed record AboutText(string Delegate, ChainText Chain, string Giver);

internal sealed record RootIntentText(
    string Owner, string Task, long Created, string Purpose, string Initiator, IReadOnlyList<string> Actions, IReadOnlyList<string> Resources);

[JsonSerializable(typeof(ScopeText))]
[JsonSerializable(typeof(TermsText))]
[JsonSerializable(typeof(ChainText))]
[JsonSerializable(typeof(AboutText))]
[JsonSerializable(typeof(RootIntentText))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class DelegationJson : JsonSerializerContext;
