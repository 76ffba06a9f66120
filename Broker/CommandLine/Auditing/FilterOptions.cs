using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using SecretsBroker.V1;
using Option = System.CommandLine.Option;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary>Which records.</summary>
internal sealed class FilterOptions
{
    private readonly Option<string> _workload = Text("--workload", "SPIFFE-ID", "Of this workload or operator.");
    private readonly Option<string> _task = Text("--task", "ID", "About this task.");
    private readonly Option<string> _lease = Text("--lease", "ID", "About this lease.");
    private readonly Option<string> _resource = Text("--resource", "RESOURCE", "About this resource and all beneath it, as intended or as a use touched it.");
    private readonly Option<string> _grant = Text("--grant", "NAME", "About leases of this grant.");
    private readonly Option<string> _outcome = Text(
        "--outcome", "WORD", "Of which this came: allowed, denied, refused, violation, an end's cause such as expired, a task's outcome such as failed.");

    private readonly Option<string[]> _types = new("--type")
    {
        Description = "Of this kind, such as Issued, Revoked or Killed; may be given several times.",
        HelpName = "TYPE",
    };

    private readonly Option<DateTimeOffset?> _since = TimeOptions.Create("--since", "Not before");
    private readonly Option<DateTimeOffset?> _until = TimeOptions.Create("--until", "Before");

    public void AddTo(Command command)
    {
        foreach (var option in (IEnumerable<Option>)[_workload, _task, _lease, _resource, _grant, _outcome, _types, _since, _until])
        {
            command.Add(option);
        }
    }

    public AuditFilter Read(ParseResult parsed) => new()
    {
        Workload = parsed.GetValue(_workload),
        TaskId = parsed.GetValue(_task),
        LeaseId = parsed.GetValue(_lease),
        Resource = parsed.GetValue(_resource),
        Grant = parsed.GetValue(_grant),
        Outcome = parsed.GetValue(_outcome),
        EventTypes = { parsed.GetValue(_types) ?? [] },
        StartTime = parsed.GetValue(_since)?.ToTimestamp(),
        EndTime = parsed.GetValue(_until)?.ToTimestamp(),
    };

    private static Option<string> Text(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value, DefaultValueFactory = _ => "" };
}
