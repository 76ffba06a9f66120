namespace SecretsBroker.Tests.Policy.Cedar.Generation;

/// <summary>Makes policies as text: several a set, forbids beside permits, templates with their links.</summary>
internal sealed class PolicyGenerator(Dice dice, double mistakes)
{
    private readonly ExpressionGenerator _expressions = new(dice, mistakes);

    public string Policy(int depth)
        => Text(Scope("principal", slot: false), Scope("resource", slot: false), depth);

    /// <summary>A template, and whether it has a slot for the principal and one for the resource.</summary>
    public (string Text, bool Principal, bool Resource) Template(int depth)
    {
        var (principal, resource) = dice.Pick((true, true), (true, false), (false, true));
        return (Text(Scope("principal", principal), Scope("resource", resource), depth), principal, resource);
    }

    private string Text(string principal, string resource, int depth)
    {
        var annotations = dice.Chance(0.1) ? "@id(\"x\")\n@note\n" : "";
        var effect = dice.Chance(0.65) ? "permit" : "forbid";
        var conditions = Dice.Join("\n", dice.Pick(0, 1, 1, 1, 1, 2), () => $"{(dice.Chance(0.75) ? "when" : "unless")} {{ {_expressions.Bool(dice.Below(depth + 1))} }}");
        return $"{annotations}{effect}(principal{principal}, action{Action()}, resource{resource})\n{conditions};\n";
    }

    private string Scope(string variable, bool slot)
    {
        var entity = slot ? "?" + variable : Uid();
        return dice.Below(slot ? 3 : 14) switch
        {
            0 => $" == {entity}",
            1 => $" in {entity}",
            2 => $" is {dice.Pick(World.Types)} in {entity}",
            3 => $" is {dice.Pick(World.Types)}",
            _ => "",
        };
    }

    private string Action() => dice.Below(10) switch
    {
        0 => $" == {ActionUid()}",
        1 => $" in {ActionUid()}",
        2 => $" in [{Dice.Join(", ", dice.Below(4), ActionUid)}]",
        _ => "",
    };

    private string Uid()
    {
        var (type, id) = World.Uid(dice);
        return $"{type}::\"{id}\"";
    }

    private string ActionUid()
    {
        var (type, id) = World.Action(dice);
        return $"{type}::\"{id}\"";
    }
}
