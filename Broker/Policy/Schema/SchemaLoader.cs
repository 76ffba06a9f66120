using System.Reflection;
using System.Text;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Schemas;
using SecretsBroker.Policy.Operators;

namespace SecretsBroker.Policy.Schema;

/// <summary>Puts the schema together. The user's part may add to the broker's own, and must leave what the broker asks as it is.</summary>
internal static class SchemaLoader
{
    /// <summary>The user's part in the folder of the policies.</summary>
    public const string FileName = "broker.cedarschema";

    private static readonly SchemaSource Agents = BuiltIn(FileName);
    private static readonly SchemaSource Operators = BuiltIn("operators.cedarschema") with { IsDefault = false };

    /// <param name="own">The user's part; null for none.</param>
    /// <param name="catalog">Whose actions there are; null when it is not known.</param>
    /// <returns>No schema when there are faults.</returns>
    public static (PolicySchema? Schema, IReadOnlyList<PolicyFault> Faults) Load(SourceFile? own, CatalogSnapshot? catalog)
    {
        SchemaSource[] builtIn = [Agents, ActionsOf(catalog)];
        SchemaSource[] users = own is null ? [] : [new SchemaSource(own.Name, own.Text)];
        var agents = CedarSchema.Parse([.. builtIn, .. users]);
        if (agents.Value is null)
        {
            return (null, [.. agents.Errors.Select(PolicyFault.Of)]);
        }

        IReadOnlyList<PolicyFault> faults = own is null
            ? []
            : [.. SchemaCoverage.FaultsOf(CedarSchema.Parse(builtIn).OrThrow(), agents.Value), .. ReservedNamesIn(agents.Value)];
        if (faults.Count > 0)
        {
            return (null, faults);
        }

        var operators = CedarSchema.Parse([Agents, Operators, .. users]);
        return operators.Value is null
            ? (null, [.. operators.Errors.Select(PolicyFault.Of)])
            : (new PolicySchema(agents.Value, operators.Value), []);
    }

    private static SchemaSource ActionsOf(CatalogSnapshot? catalog)
    {
        var text = new StringBuilder();
        // Names of the catalogue have no character that would have to be escaped.
        foreach (var action in (catalog?.Grants ?? []).Select(grant => grant.Action).Distinct().Order(StringComparer.Ordinal))
        {
            text.Append("action \"").Append(action).AppendLine("\" appliesTo { principal: Workload, resource: Resource, context: Context };");
        }

        return new SchemaSource("(actions of the catalogue)", text.ToString(), IsDefault: true);
    }

    private static IEnumerable<PolicyFault> ReservedNamesIn(CedarSchema schema) =>
        from declared in schema.EntityTypes.Values.Select(type => (type.Name, type.Position))
            .Concat(schema.CommonTypes.Values.Select(type => (type.Name, type.Position)))
            .Concat(schema.Actions.Values.Select(action => (Name: action.Uid.Type, action.Position)))
        where declared.Name.StartsWith(OperatorAction.Namespace, StringComparison.Ordinal)
        select PolicyFault.At(declared.Position, "the namespace `Broker` is the broker's own");

    private static SchemaSource BuiltIn(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{typeof(SchemaLoader).Namespace}.{name}")!;
        using var reader = new StreamReader(stream);
        return new SchemaSource($"(the broker's own) {name}", reader.ReadToEnd(), IsDefault: true);
    }
}
