extension ProgramBuilder {
  /// Changes how results are shown that were added already. What is opened stays what it is.
  package mutating func changeResults(_ change: (inout Program.ResultTable) -> Void) {
    for index in program.results.indices { change(&program.results[index]) }
  }
}
