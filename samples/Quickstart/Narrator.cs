using System.Globalization;
using Spectre.Console;

namespace SecretsBroker.Samples.Quickstart;

/// <summary>What is told, and how it looks: in colour on a terminal, plain elsewhere.</summary>
internal sealed class Narrator(IAnsiConsole console)
{
    private const int WidthWithoutTerminal = 120;

    public int Width => console.Profile.Width;

    private string Mark => console.Profile.Capabilities.Unicode ? "✓" : "+";

    public static Narrator OnConsole()
    {
        // https://no-color.org: set to anything but nothing.
        var plain = Console.IsOutputRedirected || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect });
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthWithoutTerminal;
        }

        return new Narrator(console);
    }

    public static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";

    public void Title(string text) => console.MarkupLineInterpolated($"[bold]{text}[/]");

    /// <summary>A new part of the story.</summary>
    public void Scene(string text)
    {
        console.WriteLine();
        console.Write(new Rule($"[bold deepskyblue1]{Markup.Escape(text)}[/]").LeftJustified().RuleStyle("grey"));
    }

    /// <summary>What somebody is about to do.</summary>
    public void Does(string who, string what) => Hanging($"[bold yellow]{Markup.Escape(who)}[/]", Markup.Escape(what));

    /// <summary>What was seen to be so.</summary>
    public void Seen(string what) => Hanging($"[green]{Mark}[/]", Markup.Escape(what));

    public void Note(string text) => console.MarkupLineInterpolated($"[grey]{text}[/]");

    public void LeftOut(string text) => console.MarkupLineInterpolated($"[yellow]{text}[/]");

    public void Failed(string text) => console.MarkupLineInterpolated($"[bold red]Not as told:[/] {text}");

    /// <summary>A file as it is.</summary>
    public void Show(string name, string content) =>
        console.Write(new Panel(Markup.Escape(content.TrimEnd())).Header($"[grey]{Markup.Escape(name)}[/]").BorderStyle("grey").Expand());

    public void Show(Table table) => console.Write(table);

    // Wrapped lines stay behind the first one's text.
    private void Hanging(string first, string text)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadLeft(2).PadRight(1)).AddColumn(new GridColumn().PadRight(0));
        grid.AddRow(new Markup(first), new Markup(text));
        console.Write(grid);
    }
}
