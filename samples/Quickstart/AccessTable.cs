using System.Globalization;
using Spectre.Console;

namespace SecretsBroker.Samples.Quickstart;

/// <summary>The audit log for a reader: one line an access, or a few where the terminal is narrow.</summary>
internal static class AccessTable
{
    private const int WideEnough = 116;

    // Names and resources stay in one piece; what is prose may wrap.
    private static readonly (string Name, int? Width, bool Wraps)[] Wide =
    [
        ("Who", null, false), ("On behalf of", null, false), ("Intent", null, true), ("Decision", null, true),
        ("Tool", null, false), ("Resource", null, false), ("Ended", null, false), ("After", null, false),
    ];

    private static readonly (string Name, int? Width, bool Wraps)[] Narrow =
    [
        ("Who, for whom", null, false), ("Intent, resource, tool", 22, true), ("Decision, policy", null, true), ("Ended, after", null, false),
    ];

    public static Table Of(IEnumerable<Access> accesses, int width)
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey).ShowRowSeparators();
        foreach (var (name, columnWidth, wraps) in width >= WideEnough ? Wide : Narrow)
        {
            table.AddColumn(new TableColumn(name) { Width = columnWidth, NoWrap = !wraps });
        }

        foreach (var access in accesses)
        {
            var cells = Cells(access);
            table.AddRow(width >= WideEnough
                ? [cells.Who, cells.For, cells.Intent, cells.Decision, cells.Tool, cells.Resource, cells.Ended, cells.After]
                : [$"{cells.Who}\n{cells.For}", $"{cells.Intent}\n{cells.Resource}\n{cells.Tool}", cells.Decision, $"{cells.Ended}\n{cells.After}"]);
        }

        return table;
    }

    private static (string Who, string For, string Intent, string Decision, string Tool, string Resource, string Ended, string After)
        Cells(Access access)
    {
        var decision = access.Decision;
        var colour = access.Allowed ? "green" : "red";
        return (
            $"[yellow]{Markup.Escape(access.Who)}[/]",
            Markup.Escape(decision.Initiator),
            Markup.Escape($"{decision.Action}: {decision.Purpose}"),
            $"[{colour}]{(access.Allowed ? "allowed" : "denied")}[/] by {Markup.Escape(string.Join(", ", decision.Policies))}",
            Markup.Escape(decision.Tool),
            Markup.Escape(decision.Resource),
            access.Allowed ? Markup.Escape(access.Cause.ToLowerInvariant()) : "[grey]not begun[/]",
            access.End?.Lag is { } lag ? lag.TotalSeconds.ToString("0.00 's'", CultureInfo.InvariantCulture) : "");
    }
}
