package import ParleyProgram

/// Relational operators over ``SecretTable``: each adds nodes to a program.
///
/// The meaning is SQL's, as SQLite has it. Sizes are public and everything else is secret: which rows are valid, where
/// they stand, how large a group is. See docs/tables.md for what each operator costs.
package struct TableBuilder: Sendable {
  package var builder: ProgramBuilder

  package init(_ builder: ProgramBuilder = ProgramBuilder()) { self.builder = builder }
}
