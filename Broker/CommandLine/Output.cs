using Spectre.Console;

namespace SecretsBroker.CommandLine;

/// <summary>What operators see: colour in a terminal, plain lines of any length where a program reads.</summary>
internal static class Output
{
    public static void Line(string text) => Console.Out.WriteLine(text);

    public static void Good(string text) => Print(Console.Out, Console.IsOutputRedirected, Color.Green, text);

    public static void Faults(string title, IReadOnlyCollection<string> faults)
    {
        Print(Console.Error, Console.IsErrorRedirected, Color.Red, title);
        foreach (var fault in faults)
        {
            Console.Error.WriteLine($"  {fault}");
        }
    }

    private static void Print(TextWriter writer, bool redirected, Color color, string text)
    {
        if (redirected || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
        {
            writer.WriteLine(text);
            return;
        }

        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) }).WriteLine(text, new Style(color));
    }
}
