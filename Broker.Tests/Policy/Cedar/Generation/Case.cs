namespace SecretsBroker.Tests.Policy.Cedar.Generation;

/// <summary>One generated question: policies, templates and links, entities, a request.</summary>
internal sealed record Case(
    IReadOnlyList<string> Policies,
    IReadOnlyList<CaseTemplate> Templates,
    string Entities,
    (string Type, string Id) Principal,
    (string Type, string Id) Action,
    (string Type, string Id) Resource,
    string Context)
{
    /// <summary>One policy, or one template with a link: what is wrong with it is what the case is about.</summary>
    public static Case GenerateForValidation(int seed)
    {
        var dice = new Dice(seed);
        var generator = new PolicyGenerator(dice, mistakes: dice.Pick(0.0, 0.0, 0.02));
        var depth = dice.Pick(0, 1, 1, 2, 3);
        var empty = ("", "");
        return dice.Chance(0.2)
            ? new Case([], [CaseTemplate.Generate(dice, generator)], "[]", empty, empty, empty, "{}")
            : new Case([generator.Policy(depth)], [], "[]", empty, empty, empty, "{}");
    }

    public static Case Generate(int seed, int policies = 6)
    {
        var dice = new Dice(seed);
        var generator = new PolicyGenerator(dice, mistakes: dice.Pick(0.0, 0.02, 0.1));
        var loose = dice.Chance(0.5);
        var action = World.Action(dice);
        return new Case(
            [.. Enumerable.Range(0, 1 + dice.Below(policies)).Select(_ => generator.Policy(depth: 3))],
            [.. Enumerable.Range(0, dice.Pick(0, 0, 0, 1, 2)).Select(_ => CaseTemplate.Generate(dice, generator))],
            World.Entities(dice, loose),
            World.Uid(dice, dice.Pick("User", "User", "User", "Group")),
            action,
            World.Uid(dice, dice.Pick("Table", "Table", "N::Doc", "Folder", "Color")),
            World.Context(dice, action.Id, loose));
    }
}

internal sealed record CaseTemplate(string Text, (string Type, string Id)? Principal, (string Type, string Id)? Resource)
{
    public static CaseTemplate Generate(Dice dice, PolicyGenerator generator)
    {
        var (text, principal, resource) = generator.Template(depth: 2);
        return new CaseTemplate(text, principal ? World.Uid(dice) : null, resource ? World.Uid(dice) : null);
    }
}
