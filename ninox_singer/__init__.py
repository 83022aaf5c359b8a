"""What tap and target share as Singer plug-ins."""
