namespace SecretsBroker.Client;

/// <summary>All that may be asked for a task: each of these actions on each of these resources and on all that lies beneath it.</summary>
/// <param name="Actions">1 to 32, such as <c>read</c>.</param>
/// <param name="Resources">1 to 32, such as <c>orders</c>, which holds <c>orders/invoices</c> too.</param>
public sealed record TaskScope(IReadOnlyCollection<string> Actions, IReadOnlyCollection<string> Resources)
{
    internal V1.IntentScope ToMessage()
    {
        var message = new V1.IntentScope();
        message.Actions.Add(Actions);
        message.Resources.Add(Resources);
        return message;
    }
}
