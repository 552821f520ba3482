/// Calls a function. That of Apple then releases what the function has autoreleased.
public func autoreleasepool<Result>(invoking body: () throws -> Result) rethrows -> Result {
    try body()
}
