namespace SecretsBroker.Policy.Cedar.Schemas.Resolution;

internal sealed class ErrorList(List<CedarError> errors)
{
    public void Add(CedarPosition position, string message)
    {
        if (errors.Count < CedarLimits.MaxErrors)
            errors.Add(new CedarError(position.File, position.Line, position.Column, message));
    }
}
