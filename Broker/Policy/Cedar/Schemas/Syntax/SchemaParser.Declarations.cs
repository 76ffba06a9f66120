namespace SecretsBroker.Policy.Cedar.Schemas.Syntax;

internal sealed partial class SchemaParser
{
    /// <summary>What one namespace declares; the same name twice is a fault.</summary>
    private sealed class Declarations
    {
        private readonly HashSet<(Type Kind, string Name)> _names = [];

        public List<CommonTypeSyntax> Types { get; } = [];

        public List<EntitySyntax> Entities { get; } = [];

        public List<ActionSyntax> Actions { get; } = [];

        public void Add(SchemaParser parser, CommonTypeSyntax type)
        {
            Claim(parser, typeof(CommonTypeSyntax), type.Name, type.Position);
            Types.Add(type);
        }

        public void Add(SchemaParser parser, EntitySyntax entity)
        {
            Claim(parser, typeof(EntitySyntax), entity.Name, entity.Position);
            Entities.Add(entity);
        }

        public void Add(SchemaParser parser, ActionSyntax action)
        {
            Claim(parser, typeof(ActionSyntax), action.Id, action.Position);
            Actions.Add(action);
        }

        private void Claim(SchemaParser parser, Type kind, string name, CedarPosition position)
        {
            if (!_names.Add((kind, name)))
                parser.FaultAt(position, $"`{name}` is declared twice");
        }
    }
}
