using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary>The page on a task.</summary>
internal static class TaskText
{
    public static void Print(TaskExplanation task)
    {
        Output.Line($"task {task.Task.TaskId}: {(task.Task.Outcome.Length == 0 ? "no end on record" : task.Task.Outcome)}");
        PageText.Who(task.Actor, task.Task);
        DelegationText.Print(task.Delegation);
        DelegationText.PrintGiven(task.Given);
        PageText.Heading($"leases: {task.LeaseCount}, {task.OpenLeaseCount} without proof that they are gone");
        foreach (var lease in task.Leases)
        {
            Print(lease);
        }

        if (task.LeaseCount > task.Leases.Count)
        {
            Output.Line($"  and {task.LeaseCount - task.Leases.Count} more");
        }

        PageText.Detail("longest past end", PageText.Of(task.LongestOutlived));
        PageText.Heading($"not given: {task.TurnedDownCount}");
        foreach (var decision in task.TurnedDown)
        {
            Output.Line($"  {DecisionText.TurnedDown(decision)}");
        }

        PageText.Record(task.Missing, task.Coverage);
    }

    private static void Print(LeaseExplanation lease)
    {
        Output.Line($"  {lease.LeaseId}  {lease.Intent.Action} {lease.Intent.Resource}, {LeaseText.Fate(lease)}");
        var (issued, outlived) = (PageText.Of(lease.IssueTime), PageText.Of(lease.End?.Outlived));
        Output.Line(
            $"    {(issued.Length == 0 ? "not issued" : $"issued {issued}")}; renewals: {lease.Renewals.Count};"
            + $" uses: {lease.UseCount}, outside the intent: {lease.ViolationCount}"
            + (outlived.Length == 0 ? "" : $"; outlived its end by {outlived}"));
        Output.Line($"    by {lease.Decision?.DecisionId ?? "a decision that is missing"}: {PageText.List(lease.Decision?.Policies ?? [])}");
    }
}
