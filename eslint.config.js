import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const noDefaultExport = {
  selector: "ExportDefaultDeclaration",
  message: "no default exports: a name that is the same everywhere is easier to find.",
};
const noEnum = {
  selector: "TSEnumDeclaration",
  message: "no enum: use a union of string literals.",
};

export default defineConfig(
  globalIgnores(["dist/", "build/", "coverage/", "schema/"]),

  {
    extends: [tseslint.configs.recommendedTypeChecked],
    files: ["**/*.{ts,js,mjs}"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-implicit-coercion": ["error", { boolean: true, number: false, string: true }],
      "no-restricted-syntax": ["error", noDefaultExport, noEnum],

      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/prefer-readonly": "error",
      "@typescript-eslint/require-array-sort-compare": "error",
      "@typescript-eslint/return-await": ["error", "in-try-catch"],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrors: "none" },
      ],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],

      // An implementation of an async contract need not await anything itself.
      "@typescript-eslint/require-await": "off",
    },
  },

  {
    // Tests hand over wrong types on purpose, pass methods around, and count what a double returns.
    files: ["**/*.test.ts", "test/**", "src/testing/**"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/only-throw-error": "off",
      "@typescript-eslint/prefer-promise-reject-errors": "off",
      "@typescript-eslint/restrict-template-expressions": "off",
    },
  },

  {
    // Programs: what they read from other libraries is often untyped, and nothing depends on them.
    files: ["bench/**", "evaluation/**", "examples/**", "scripts/**"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/restrict-template-expressions": "off",
    },
  },

  {
    // Their tools ask for a default export.
    files: ["*.config.{ts,js}"],
    rules: { "no-restricted-syntax": ["error", noEnum] },
  },
);
