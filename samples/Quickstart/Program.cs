using System.Runtime.InteropServices;
using SecretsBroker.Samples.Quickstart;
using SecretsBroker.Samples.Quickstart.Agents;

// The second agent is a process of its own, so that it can be killed.
if (args is [SilentAgent.Argument])
{
    return await SilentAgent.RunAsync(Console.In, Console.Out, Console.Error);
}

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var tell = Narrator.OnConsole();
return await Story.RunAsync(tell, token => Story.TellAsync(tell, token), stop.Token);

void Stop(PosixSignalContext signal)
{
    // Left in order: servers stopped, folders removed.
    signal.Cancel = true;
    stop.Cancel();
}
