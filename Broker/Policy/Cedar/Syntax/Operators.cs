namespace SecretsBroker.Policy.Cedar.Syntax;

public enum RequestVariable
{
    Principal,
    Action,
    Resource,
    Context,
}

public enum UnaryOperator
{
    Not,
    Negate,
    IsEmpty,
}

public enum BinaryOperator
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Contains,
    ContainsAll,
    ContainsAny,
    GetTag,
    HasTag,
}

/// <summary>How operators are written, in text and as keys of the JSON format.</summary>
internal static class OperatorNames
{
    private static readonly Dictionary<string, BinaryOperator> ByName = new(StringComparer.Ordinal)
    {
        ["=="] = BinaryOperator.Equal,
        ["!="] = BinaryOperator.NotEqual,
        ["<"] = BinaryOperator.Less,
        ["<="] = BinaryOperator.LessOrEqual,
        [">"] = BinaryOperator.Greater,
        [">="] = BinaryOperator.GreaterOrEqual,
        ["in"] = BinaryOperator.In,
        ["+"] = BinaryOperator.Add,
        ["-"] = BinaryOperator.Subtract,
        ["*"] = BinaryOperator.Multiply,
        ["contains"] = BinaryOperator.Contains,
        ["containsAll"] = BinaryOperator.ContainsAll,
        ["containsAny"] = BinaryOperator.ContainsAny,
        ["getTag"] = BinaryOperator.GetTag,
        ["hasTag"] = BinaryOperator.HasTag,
    };

    private static readonly Dictionary<BinaryOperator, string> Names = ByName.ToDictionary(p => p.Value, p => p.Key);

    public static BinaryOperator? Binary(string name) => ByName.TryGetValue(name, out var op) ? op : null;

    public static string Of(BinaryOperator op) => Names[op];

    public static string Of(RequestVariable variable) => variable switch
    {
        RequestVariable.Principal => "principal",
        RequestVariable.Action => "action",
        RequestVariable.Resource => "resource",
        _ => "context",
    };

    public static RequestVariable? Variable(string name) => name switch
    {
        "principal" => RequestVariable.Principal,
        "action" => RequestVariable.Action,
        "resource" => RequestVariable.Resource,
        "context" => RequestVariable.Context,
        _ => null,
    };

    public static UnaryOperator? Unary(string jsonKey) => jsonKey switch
    {
        "!" => UnaryOperator.Not,
        "neg" => UnaryOperator.Negate,
        "isEmpty" => UnaryOperator.IsEmpty,
        _ => null,
    };

    public static string JsonKey(UnaryOperator op) => op switch
    {
        UnaryOperator.Not => "!",
        UnaryOperator.Negate => "neg",
        _ => "isEmpty",
    };

    public static bool IsMethod(BinaryOperator op) => op >= BinaryOperator.Contains;
}
