using System.Text.Json;

namespace SecretsBroker.Tests.Policy.Cedar.Generation;

/// <summary>The small world in which generated policies live: few names, so that things meet.</summary>
internal static class World
{
    public const string Schema = """
        type Home = { town: String, zip?: Long, deep?: { x: Long, y?: Bool } };
        entity Group in [Group];
        entity User in [Group, Folder] = {
            age: Long, name: String, flag?: Bool, owner?: User, home?: Home, nums?: Set<Long>, friends?: Set<User>,
            limit?: decimal, addr?: ipaddr, since?: datetime, ttl?: duration,
        } tags String;
        entity Folder in [Folder, Group] = { owner: User, flag?: Bool };
        entity Table in [Folder] = {
            age?: Long, name: String, flag: Bool, owner: User, home: Home, nums: Set<Long>, friends?: Set<User>,
            limit: decimal, addr: ipaddr, since: datetime, ttl: duration,
        } tags Set<Long>;
        entity Color enum ["red", "green"];
        namespace N {
            entity Doc in [Folder] = { age: Long, name?: String, "odd name"?: Long };
            action scan appliesTo { principal: [User], resource: [Doc], context: {} };
        }
        action all;
        action read in [all] appliesTo { principal: [User, Group], resource: [Table, N::Doc], context: { n: Long, s?: String, home?: Home } };
        action write in [all] appliesTo { principal: [User], resource: [Table], context: { n?: Long, flag: Bool } };
        action paint appliesTo { principal: [User], resource: [Color, Folder] };
        """;

    public static readonly string[] Types = ["User", "Group", "Folder", "Table", "N::Doc", "Color"];

    private static readonly string[] Ids = ["a", "b", "c", "d"];

    public static (string Type, string Id) Uid(Dice dice) => Uid(dice, dice.Pick(Types));

    public static (string Type, string Id) Uid(Dice dice, string type)
        => (type, type == "Color" ? dice.Pick("red", "green", "blue") : dice.Pick(Ids));

    public static (string Type, string Id) Action(Dice dice)
        => dice.Chance(0.1) ? ("N::Action", "scan") : ("Action", dice.Pick("read", "write", "all", "paint"));

    /// <summary>Entities that conform to the schema unless <paramref name="loose"/>: then attributes go missing or have a wrong type.</summary>
    public static string Entities(Dice dice, bool loose)
    {
        var entities = new List<object>();
        foreach (var type in Types.Where(t => t != "Color"))
        {
            // Parents come later in the alphabet: no cycle.
            for (var i = 0; i < Ids.Length; i++)
            {
                if (loose && dice.Chance(0.15))
                    continue;
                var attributes = Attributes(dice, type, loose);
                var parents = Parents(dice, type, i);
                var tags = Tags(dice, type);
                entities.Add(new { uid = new { type, id = Ids[i] }, attrs = attributes, parents, tags });
            }
        }

        object all = new { type = "Action", id = "all" };
        foreach (var action in (string[])["read", "write"])
            entities.Add(new { uid = new { type = "Action", id = action }, attrs = new { }, parents = new[] { all }, tags = new { } });
        entities.Add(new { uid = all, attrs = new { }, parents = Array.Empty<object>(), tags = new { } });
        return JsonSerializer.Serialize(entities);
    }

    public static string Context(Dice dice, string action, bool loose)
    {
        var context = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (action == "read" || (loose && dice.Chance(0.7)) || (action == "write" && dice.Chance(0.5)))
            context["n"] = Value(dice, "n", loose);
        if (action == "read" && dice.Chance(0.6))
            context["s"] = Value(dice, "name", loose);
        if (action == "read" && dice.Chance(0.6))
            context["home"] = Value(dice, "home", loose);
        if (action == "write" || (loose && dice.Chance(0.3)))
            context["flag"] = Value(dice, "flag", loose);
        return JsonSerializer.Serialize(context);
    }

    private static object[] Parents(Dice dice, string type, int index)
    {
        string[] kinds = type switch { "User" => ["Group", "Folder"], "Group" => ["Group"], "Folder" => ["Folder"], _ => ["Folder"] };
        return
        [
            .. Enumerable.Range(0, dice.Below(3))
                .Select(_ => (Type: dice.Pick(kinds), Index: dice.Below(Ids.Length)))
                .Where(p => p.Type != type || p.Index > index)
                .Distinct()
                .Select(p => new { type = p.Type, id = Ids[p.Index] }),
        ];
    }

    private static Dictionary<string, object?> Tags(Dice dice, string type)
    {
        var tags = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (type is not ("User" or "Table"))
            return tags;
        foreach (var name in (string[])["a", "b", "c"])
        {
            if (dice.Chance(0.4))
                tags[name] = type == "User" ? dice.Pick("a", "b", "x") : new[] { dice.Below(3), 7 };
        }

        return tags;
    }

    private static Dictionary<string, object?> Attributes(Dice dice, string type, bool loose)
    {
        (string[] required, string[] optional) = type switch
        {
            "User" => ((string[])["age", "name"], (string[])["flag", "owner", "home", "nums", "friends", "limit", "addr", "since", "ttl"]),
            "Folder" => (["owner"], ["flag"]),
            "Table" => (["name", "flag", "owner", "home", "nums", "limit", "addr", "since", "ttl"], ["age", "friends"]),
            "N::Doc" => (["age"], ["name", "odd name"]),
            _ => ([], []),
        };
        var attributes = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var name in required.Where(_ => !loose || dice.Chance(0.9)))
            attributes[name] = Value(dice, name, loose);
        foreach (var name in optional.Where(_ => dice.Chance(0.7)))
            attributes[name] = Value(dice, name, loose);
        return attributes;
    }

    private static object? Value(Dice dice, string name, bool loose)
    {
        if (loose && dice.Chance(0.05))
            name = dice.Pick("age", "name", "flag", "owner", "home", "nums", "limit");
        return name switch
        {
            "age" or "odd name" or "n" => dice.Pick<object>(dice.Below(4), dice.Below(4), -1, long.MaxValue, long.MinValue),
            "name" => dice.Pick("a", "b", "ab", "a*b", "", "über"),
            "flag" => dice.Chance(0.5),
            "owner" => Entity("User", dice.Pick(Ids)),
            "home" => Home(dice),
            "nums" => Enumerable.Range(0, dice.Below(4)).Select(_ => dice.Below(4)).Distinct().ToArray(),
            "friends" => Ids.Where(_ => dice.Chance(0.5)).Select(id => Entity("User", id)).ToArray(),
            "limit" => Extension("decimal", dice.Pick("0.5", "1.0", "1.0000", "-3.25")),
            "addr" => Extension("ip", dice.Pick("10.0.0.1", "10.0.0.0/8", "::1", "127.0.0.1/32", "ff02::1")),
            "since" => Extension("datetime", dice.Pick("2024-01-01", "2024-02-29T12:30:00Z", "1969-12-31T23:59:59.999+0100")),
            _ => Extension("duration", dice.Pick("1h", "-90m", "1d2h3m4s5ms", "0ms")),
        };
    }

    private static Dictionary<string, object?> Home(Dice dice)
    {
        var home = new Dictionary<string, object?>(StringComparer.Ordinal) { ["town"] = dice.Pick("a", "b") };
        if (dice.Chance(0.5))
            home["zip"] = dice.Below(4);
        if (dice.Chance(0.5))
            home["deep"] = dice.Chance(0.5) ? new { x = dice.Below(3) } : new { x = dice.Below(3), y = dice.Chance(0.5) };
        return home;
    }

    private static Dictionary<string, object> Entity(string type, string id)
        => new(StringComparer.Ordinal) { ["__entity"] = new { type, id } };

    private static Dictionary<string, object> Extension(string fn, string arg)
        => new(StringComparer.Ordinal) { ["__extn"] = new { fn, arg } };
}
