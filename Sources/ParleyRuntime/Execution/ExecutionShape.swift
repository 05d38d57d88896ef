package import ParleyBase
package import ParleyProgram

/// How long the tables of one run are: all that execution needs to know beyond the program. Public to every
/// party of the session, and agreed on before the first step.
package struct ExecutionShape: Hashable, Sendable {
  /// The rows one holder contributes to a table, padding included.
  package struct Part: Hashable, Sendable {
    /// Who contributes them.
    package var holder: PartyIndex
    /// Rows of the part, padding included.
    package var rowCount: Int
    /// So many rows of one holder.
    package init(holder: PartyIndex, rowCount: Int) {
      self.holder = holder
      self.rowCount = rowCount
    }
  }

  /// By table of the program: the holders' parts, in the order in which their rows follow each other.
  package var tables: [[Part]]

  /// Holders' parts by table.
  package init(tables: [[Part]]) { self.tables = tables }

  /// Rows of each table, and of each holder.
  package var rows: RowCounts { RowCounts(parts: tables.map { $0.map(\.rowCount) }) }
}

/// How far a run is. Counts program instructions and flights of messages, both known in advance.
package struct ExecutionProgress: Hashable, Sendable {
  /// Instructions that are over.
  package var instructionsDone: Int
  /// All instructions.
  package var instructionCount: Int
  /// Flights that are over.
  package var roundsDone: Int
  /// All flights.
  package var roundCount: Int

  /// Progress; see the properties.
  package init(instructionsDone: Int, instructionCount: Int, roundsDone: Int, roundCount: Int) {
    self.instructionsDone = instructionsDone
    self.instructionCount = instructionCount
    self.roundsDone = roundsDone
    self.roundCount = roundCount
  }
}

extension StepID {
  /// Where `holder` deals its part of the input that `instruction` reads. Sub-step 0 is left to the engine.
  package static func input(instruction: Int, holder: PartyIndex) -> StepID {
    StepID(instruction: instruction, sub: holder.rawValue + 1)
  }
}
