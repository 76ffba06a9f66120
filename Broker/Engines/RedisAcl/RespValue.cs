namespace SecretsBroker.Engines.RedisAcl;

/// <summary>One answer of a server (RESP2).</summary>
/// <param name="Kind">Which of the members is set.</param>
/// <param name="Text">Of a text or an error.</param>
/// <param name="Number">Of a number.</param>
internal readonly record struct RespValue(RespKind Kind, string Text = "", long Number = 0)
{
    /// <summary>The items of a list that are texts; null for anything else.</summary>
    public IReadOnlyList<string>? Texts { get; init; }

    /// <summary>An error's code, such as <c>NOPERM</c>: of what a server says the only part that goes into messages.</summary>
    public string ErrorCode
    {
        get
        {
            var code = Text.Split(' ')[0];
            return code.Length is > 0 and <= 20 && code.All(char.IsAsciiLetterUpper) ? code : "ERR";
        }
    }

    /// <exception cref="RespErrorException">It is an error.</exception>
    public RespValue OrThrow() => Kind == RespKind.Error ? throw new RespErrorException(ErrorCode) : this;
}

internal enum RespKind
{
    Nothing = 0,
    Text = 1,
    Number = 2,
    Error = 3,

    /// <summary>A list. What anybody wants to know of it is that there is one, and its texts.</summary>
    List = 4,
}
