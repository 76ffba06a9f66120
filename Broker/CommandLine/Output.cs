using System.Globalization;
using System.Text;
using Google.Protobuf;
using Spectre.Console;

namespace SecretsBroker.CommandLine;

/// <summary>
/// What operators see: colour in a terminal, plain lines of any length where a program reads. Much of it was written by callers: what
/// would move the cursor, hide or reorder text is shown as an escape.
/// </summary>
internal static class Output
{
    private static readonly JsonFormatter Formatter =
        new(JsonFormatter.Settings.Default.WithIndentation().WithPreserveProtoFieldNames(true));

    private static bool _isPassing;

    public static void Line(string text)
    {
        ClearPassing();
        Console.Out.WriteLine(Visible(text));
    }

    /// <summary>JSON for programs. What a terminal would not show is escaped as JSON does it, so that it stays what it is.</summary>
    public static void Json(IMessage message)
    {
        foreach (var line in Formatter.Format(message).Split('\n'))
        {
            Json(line);
        }
    }

    /// <summary>One line of JSON.</summary>
    public static void Json(string line)
    {
        ClearPassing();
        Console.Out.WriteLine(Escape(line.TrimEnd('\r'), rune => string.Concat(rune.ToString().Select(unit => $"\\u{(int)unit:x4}"))));
    }

    /// <summary>A line that the next one takes the place of in a terminal; elsewhere a line like any other.</summary>
    public static void Passing(string text)
    {
        if (Console.IsOutputRedirected)
        {
            Console.Out.WriteLine(Visible(text));
            return;
        }

        ClearPassing();
        Console.Out.Write($"{Visible(text)}\r");
        _isPassing = true;
    }

    public static void Good(string text) => Print(Console.Out, Console.IsOutputRedirected, Color.Green, text);

    public static void Faults(string title, IReadOnlyCollection<string> faults)
    {
        Print(Console.Error, Console.IsErrorRedirected, Color.Red, title);
        foreach (var fault in faults)
        {
            Console.Error.WriteLine($"  {Visible(fault)}");
        }
    }

    public static string Visible(string text) => Escape(text, rune => $"\\u{{{rune.Value:x}}}");

    private static string Escape(string text, Func<Rune, string> escape)
    {
        if (!text.EnumerateRunes().Any(IsHidden))
        {
            return text;
        }

        var visible = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            visible.Append(IsHidden(rune) ? escape(rune) : rune.ToString());
        }

        return visible.ToString();
    }

    private static void ClearPassing()
    {
        if (_isPassing)
        {
            Console.Out.Write("\e[2K");
            _isPassing = false;
        }
    }

    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static void Print(TextWriter writer, bool redirected, Color color, string text)
    {
        ClearPassing();
        text = Visible(text);
        if (redirected || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
        {
            writer.WriteLine(text);
            return;
        }

        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) }).WriteLine(text, new Style(color));
    }
}
