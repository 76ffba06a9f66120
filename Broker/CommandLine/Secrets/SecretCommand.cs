using System.CommandLine;
using Grpc.Core;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Secrets;

/// <summary><c>broker secret</c>: the secrets that targets of the engine static keep, at a running broker.</summary>
internal static class SecretCommand
{
    public static Command Create() => new("secret", "Look after the secrets that targets of the engine static keep. A value is never an argument, and never shown.")
    {
        PutSecretCommand.Create(),
        ListSecretsCommand.Create(),
        OfVersion(
            "restore",
            "Hand an earlier version out again.",
            (client, secret, version, options) =>
                client.RestoreSecretAsync(new RestoreSecretRequest { Target = secret.Target, Name = secret.Name, Version = version }, options),
            "is handed out again"),
        OfVersion(
            "destroy",
            "Destroy the value of a version in the store. The system that it is for keeps what it has.",
            (client, secret, version, options) =>
                client.DestroySecretAsync(new DestroySecretRequest { Target = secret.Target, Name = secret.Name, Version = version }, options),
            "is destroyed"),
        RotateSecretCommand.Create(),
        RekeySecretsCommand.Create(),
    };

    public static Argument<string> Target() => new("target") { Description = "The target's name in the catalogue; its engine must be static." };

    public static Argument<string> Name() => new("name") { Description = "The secret's name: 1 to 40 characters of [a-z0-9-]." };

    private static Command OfVersion<T>(
        string verb,
        string description,
        Func<SecretService.SecretServiceClient, (string Target, string Name), int, CallOptions, AsyncUnaryCall<T>> call,
        string done)
    {
        var (target, name) = (Target(), Name());
        var version = new Argument<int>("version") { Description = "The version's number, as broker secret list shows it." };
        return new Command(verb, description) { target, name, version }.Asking(async (broker, parsed, cancelled) =>
        {
            var (secret, number) = ((parsed.GetRequiredValue(target), parsed.GetRequiredValue(name)), parsed.GetRequiredValue(version));
            await broker.CallAsync(
                (channel, options) => call(new SecretService.SecretServiceClient(channel), secret, number, options), cancelled);
            Output.Good($"Version {number} of {secret.Item2} at {secret.Item1} {done}.");
            return BrokerCommand.Success;
        });
    }
}
