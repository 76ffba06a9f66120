using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Tests.Policy.Cedar.Generation;

internal static class CaseExtensions
{
    /// <summary>Policies <c>policy0</c> …, templates <c>template0</c> …, their links <c>link0</c> ….</summary>
    public static PolicySet PolicySet(this Case made)
    {
        var sources = made.Policies.Select((text, i) => new PolicySource($"policy{i}", text))
            .Concat(made.Templates.Select((t, i) => new PolicySource($"template{i}", t.Text)));
        var set = SecretsBroker.Policy.Cedar.PolicySet.Parse(sources, (source, _, _, _) => source.FileName).OrThrow();
        return set.With(made.Templates.Select((t, i) => set.Templates[i].Link($"link{i}", Uid(t.Principal), Uid(t.Resource))));
    }

    public static EntitySet EntitySet(this Case made) => SecretsBroker.Policy.Cedar.Entities.EntitySet.ParseJson(made.Entities).OrThrow();

    public static AuthorizationRequest Request(this Case made) => new(
        Uid(made.Principal)!,
        Uid(made.Action)!,
        Uid(made.Resource)!,
        CedarRecord.ParseJson(made.Context).OrThrow());

    private static EntityUid? Uid((string Type, string Id)? uid) => uid is { } given ? new EntityUid(given.Type, given.Id) : null;
}
