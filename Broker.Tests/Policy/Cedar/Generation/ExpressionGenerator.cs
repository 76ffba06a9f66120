namespace SecretsBroker.Tests.Policy.Cedar.Generation;

/// <summary>Makes expressions as text; mostly of the type that is asked for, by <paramref name="mistakes"/> of another.</summary>
internal sealed class ExpressionGenerator(Dice dice, double mistakes)
{
    private static readonly string[] Kinds =
        ["bool", "long", "string", "entity", "set", "record", "decimal", "ip", "datetime", "duration"];

    public string Bool(int depth) => Of("bool", depth);

    private string Of(string kind, int depth)
    {
        if (dice.Chance(mistakes))
            kind = dice.Pick(Kinds);
        if (depth > 0 && dice.Chance(0.04))
            return $"(if {Of("bool", depth - 1)} then {Of(kind, depth - 1)} else {Of(kind, depth - 1)})";
        return kind switch
        {
            "bool" => depth == 0 ? BoolLeaf() : BoolNode(depth - 1),
            "long" => depth == 0 || dice.Chance(0.4) ? LongLeaf() : LongNode(depth - 1),
            "string" => dice.Chance(0.5) ? Text() : $"{Entity()}.{dice.Pick("name", "name", "getTag(\"a\")")}",
            "entity" => depth == 0 || dice.Chance(0.7) ? Entity() : $"{Sub("entity", depth - 1)}.owner",
            "set" => depth == 0 ? $"{Entity()}.{dice.Pick("nums", "friends")}" : Set(depth - 1),
            "record" => dice.Chance(0.5) ? $"{Holder()}.home" : $"{{town: {Of("string", 0)}, \"zip\": {Of("long", 0)}}}",
            "decimal" => dice.Chance(0.4) ? $"{Entity()}.limit" : $"decimal(\"{dice.Pick("1.0", "0.5", "-3.2500", "1.00001", "1", "9999999999999999.0")}\")",
            "ip" => dice.Chance(0.4) ? $"{Entity()}.addr" : $"ip(\"{dice.Pick("10.0.0.1", "10.0.0.0/8", "::1", "127.0.0.1", "::/0", "0.0.0.0/0", "1.2.3", "10.0.0.1/33", "ff00::/8")}\")",
            "datetime" => depth == 0 || dice.Chance(0.6) ? DateTimeLeaf() : dice.Pick($"{Sub("datetime", depth - 1)}.toDate()", $"{Sub("datetime", depth - 1)}.offset({Of("duration", depth - 1)})"),
            _ => depth == 0 || dice.Chance(0.6) ? DurationLeaf() : dice.Pick($"{Sub("datetime", depth - 1)}.toTime()", $"{Sub("datetime", depth - 1)}.durationSince({Of("datetime", depth - 1)})"),
        };
    }

    private string BoolLeaf() => dice.Below(6) switch
    {
        0 => dice.Pick("true", "false"),
        1 => $"{Entity()} == {Entity()}",
        2 => $"{Entity()} in {Entity()}",
        3 => $"{Entity()}.flag",
        4 => $"{Holder()} has {Path()}",
        _ => $"{Entity()} is {dice.Pick(World.Types)}",
    };

    private string BoolNode(int depth)
    {
        switch (dice.Below(22))
        {
            case 0 or 1 or 2:
                return $"{Sub("bool", depth)} && {Sub("bool", depth)}" + (dice.Chance(0.3) ? $" && {Sub("bool", depth)}" : "");
            case 3 or 4 or 5:
                return $"{Sub("bool", depth)} || {Sub("bool", depth)}";
            case 6:
                return $"{dice.Pick("!", "!!")}({Of("bool", depth)})";
            case 7 or 8:
                var compared = dice.Pick("long", "long", "datetime", "duration");
                return $"{Sub(compared, depth)} {dice.Pick("<", "<=", ">", ">=")} {Sub(compared, depth)}";
            case 9 or 10:
                var equated = dice.Pick(Kinds);
                return $"{Sub(equated, depth)} {dice.Pick("==", "!=")} {Sub(equated, depth)}";
            case 11:
                return $"{Sub("entity", depth)} in [{Dice.Join(", ", dice.Below(4), () => Of("entity", depth))}]";
            case 12:
                return $"{Sub("entity", depth)} is {dice.Pick(World.Types)} in {Sub("entity", depth)}";
            case 13:
                var holder = Holder();
                var path = Path();
                return path[0] == '"' ? $"{holder} has {path}" : $"{holder} has {path} && {holder}.{path} == {Sub(KindOf(path), depth)}";
            case 14:
                return $"{Sub("string", depth)} like {dice.Pick("\"*\"", "\"a*\"", "\"*b\"", "\"a\\*b\"", "\"*\\u{fc}*\"", "\"\"", "\"a*b*\"")}";
            case 15:
                return $"{Sub("set", depth)}.contains({Of(dice.Pick("long", "entity"), depth)})";
            case 16:
                return $"{Sub("set", depth)}.{dice.Pick("containsAll", "containsAny")}({Of("set", depth)})";
            case 17:
                return dice.Chance(0.3) ? $"{Sub("set", depth)}.isEmpty()" : $"{Entity()}.hasTag({Of("string", 0)})";
            case 18:
                return $"{Sub("decimal", depth)}.{dice.Pick("lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual")}({Of("decimal", depth)})";
            case 19:
                return $"{Sub("ip", depth)}.{dice.Pick("isIpv4()", "isIpv6()", "isLoopback()", "isMulticast()", $"isInRange({Of("ip", depth)})")}";
            case 20:
                var tagged = Entity();
                return $"{tagged}.hasTag(\"b\") && {tagged}.getTag(\"b\") == {Sub(dice.Pick("string", "set"), depth)}";
            default:
                return BoolLeaf();
        }
    }

    private string LongLeaf() => dice.Below(5) switch
    {
        0 => dice.Pick("9223372036854775807", "-9223372036854775808", "-1", "4611686018427387904"),
        1 => $"{Entity()}.age",
        2 => "context.n",
        _ => $"{dice.Below(4)}",
    };

    private string LongNode(int depth) => dice.Below(5) switch
    {
        0 => $"-({Of("long", depth)})",
        1 => $"{Sub("duration", depth)}.{dice.Pick("toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays")}()",
        _ => $"{Sub("long", depth)} {dice.Pick("+", "-", "*")} {Sub("long", depth)}",
    };

    private string Set(int depth)
    {
        var kind = dice.Pick("long", "long", "entity", "string", "set");
        return dice.Chance(0.4) ? Of("set", 0) : $"[{Dice.Join(", ", dice.Below(4), () => Of(kind, Math.Min(depth, 1)))}]";
    }

    private string DateTimeLeaf() => dice.Chance(0.4)
        ? $"{Entity()}.since"
        : $"datetime(\"{dice.Pick("2024-01-01", "2024-02-29T12:30:00Z", "2023-02-29", "1969-12-31T23:59:59.999-0530", "0000-01-01", "9999-12-31T23:59:59Z", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00")}\")";

    private string DurationLeaf() => dice.Chance(0.4)
        ? $"{Entity()}.ttl"
        : $"duration(\"{dice.Pick("1h", "-90m", "1d2h3m4s5ms", "9223372036854775807ms", "-9223372036854775808ms", "106751991168d", "", "1m1h", "5")}\")";

    private string Entity()
    {
        if (dice.Chance(0.75))
            return dice.Pick("principal", "resource", "principal", "resource", "action");
        var (type, id) = dice.Chance(0.15) ? World.Action(dice) : World.Uid(dice);
        return $"{type}::\"{id}\"";
    }

    private string Holder() => dice.Pick("principal", "resource", "context", "principal", "resource", "context", "resource.home");

    private string Path() => dice.Pick("age", "name", "flag", "owner", "home", "home.town", "home.zip", "home.deep.x", "n", "s", "limit", "\"odd name\"", "owner.age", "owner.home.zip", "nosuch");

    private static string KindOf(string path) => path switch
    {
        "name" or "home.town" or "s" => "string",
        "flag" => "bool",
        "owner" => "entity",
        "home" => "record",
        "limit" => "decimal",
        _ => "long",
    };

    private string Text() => dice.Pick("\"a\"", "\"b\"", "\"ab\"", "\"\"", "\"a*b\"", "\"\\u{fc}ber\"", "\"c\\n\\t\\\\\\\"\"");

    private string Sub(string kind, int depth) => $"({Of(kind, depth)})";
}
