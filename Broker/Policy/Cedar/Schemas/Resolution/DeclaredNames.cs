using SecretsBroker.Policy.Cedar.Schemas.Syntax;

namespace SecretsBroker.Policy.Cedar.Schemas.Resolution;

/// <summary>What parts of a schema declare, so that defaults can give way to it.</summary>
internal sealed class DeclaredNames(IReadOnlyList<NamespaceSyntax> namespaces)
{
    private readonly HashSet<(Type Kind, string Name)> _names =
    [
        .. namespaces.SelectMany(space => space.CommonTypes.Select(type => (typeof(CommonTypeSyntax), space.Qualify(type.Name)))),
        .. namespaces.SelectMany(space => space.Entities.Select(entity => (typeof(EntitySyntax), space.Qualify(entity.Name)))),
        .. namespaces.SelectMany(space => space.Actions.Select(action => (typeof(ActionSyntax), space.Qualify(action.Id)))),
    ];

    /// <summary>The part without what is declared here.</summary>
    public NamespaceSyntax Without(NamespaceSyntax space) => space with
    {
        CommonTypes = [.. space.CommonTypes.Where(type => !Has(typeof(CommonTypeSyntax), space.Qualify(type.Name)))],
        Entities = [.. space.Entities.Where(entity => !Has(typeof(EntitySyntax), space.Qualify(entity.Name)))],
        Actions = [.. space.Actions.Where(action => !Has(typeof(ActionSyntax), space.Qualify(action.Id)))],
    };

    private bool Has(Type kind, string name) => _names.Contains((kind, name));
}
