using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Kill;

/// <summary>What whoever pulled the switch sees of it, as it comes.</summary>
internal sealed class KillView
{
    public bool AllGone { get; private set; }

    public void Show(KillResponse response)
    {
        switch (response.EventCase)
        {
            case KillResponse.EventOneofCase.IssuingStopped:
                Show(response.IssuingStopped);
                break;
            case KillResponse.EventOneofCase.Progress:
                Output.Passing(Text(response.Progress));
                break;
            case KillResponse.EventOneofCase.Done:
                Show(response.Done);
                break;
        }
    }

    private static void Show(IssuingStopped stopped)
    {
        Output.Good($"Issuing has stopped for {KillText.Of(stopped.Order.Selector)}, after {KillText.Of(stopped.StopTime)}.");
        Output.Line($"  order {stopped.Order.OrderId}; to lift it: broker kill lift {stopped.Order.OrderId}");
        if (stopped.Order.ExpireTime is { } end)
        {
            Output.Line($"  it is lifted by itself at {KillText.Of(end)}");
        }

        if (stopped.Warning.Length > 0)
        {
            Output.Faults("Look again:", [stopped.Warning]);
        }
    }

    private void Show(KillDone done)
    {
        AllGone = done.AllGone;
        var progress = done.Progress;
        if (!done.AllGone)
        {
            Output.Faults(
                $"{progress.Revoking} of {progress.Found} leases are not proven gone yet.",
                ["The broker goes on until they are; the same command shows it again."]);
        }
        else if (progress.Found == 0)
        {
            Output.Good("Nothing that it covers is live.");
        }
        else
        {
            var (first, last) = (KillText.Of(progress.FirstGone), KillText.Of(progress.LastGone));
            Output.Good($"All {progress.Found} leases are proven gone: the first after {first}, the last after {last}.");
        }

        if (!done.Recorded)
        {
            Output.Faults("The order is not in the audit log yet.", ["It is written as soon as the log can be."]);
        }
    }

    private static string Text(KillProgress progress) =>
        $"  {progress.Found} found, {progress.Ended} ended, {progress.Gone} proven gone, {progress.Revoking} still revoking";
}
